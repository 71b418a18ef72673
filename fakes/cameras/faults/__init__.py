"""Faults of synthetic cameras."""
