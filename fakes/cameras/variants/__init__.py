"""Synthetic cameras with JPEG, controls or parameters of their own."""
