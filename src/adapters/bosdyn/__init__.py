"""The Spot SDK: the image service on the wire and the robot behind it."""
