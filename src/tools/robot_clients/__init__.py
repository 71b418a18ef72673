"""Clients of a robot that several tools share."""
