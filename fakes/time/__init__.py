"""Clocks under the control of tests."""
