"""Fault demos: cameras, a robot and clients that fail by a timeline, and what must come of it."""
