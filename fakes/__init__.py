"""Cameras without hardware and a robot without legs: shipped, documented and tested."""
