"""Ports, certificates and forwarding of the fake robot."""
