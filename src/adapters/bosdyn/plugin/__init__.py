"""Camera health for the robot's data acquisition: live data, and metadata of captures."""
