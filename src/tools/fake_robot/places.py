"""Where a fake robot is found when nobody says otherwise, and whom it knows."""

PORT = 50443
# Below the ports that systems give to outgoing connections, one of which may have any of those.
CONTROL_PORT = 30444
GUID, SECRET = "fake-payload", "fake-secret"
