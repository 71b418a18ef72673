"""Clients of a robot, shared by several tools."""
