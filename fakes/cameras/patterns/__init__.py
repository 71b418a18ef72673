"""Content of synthetic pictures."""
