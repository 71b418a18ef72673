"""The robot as its clients see it."""
