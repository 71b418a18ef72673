"""Fakes of cameras, the robot and time: part of the product, documented and tested."""
