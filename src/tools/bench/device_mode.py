"""What is asked of a user's own camera, of all contenders alike; granted or not."""

COLS, ROWS, FPS = 1920, 1080, 30
# Over USB 2 no camera gives this size at this rate otherwise.
FOURCC = "MJPG"
