"""Frames of a source: newest, last valid, published."""
