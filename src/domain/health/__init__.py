"""When a camera is unwell: staleness, freeze, validity, faults, backoff."""
