"""Health rules: staleness, freeze, validity, faults, backoff."""
