"""Registration of one service with the robot, and reports of its faults."""
