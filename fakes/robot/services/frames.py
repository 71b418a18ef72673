"""Frame tree of a robot that lies still at the origin of its odometry."""

from typing import Any

# Frame: (parent, position in metres, quaternion w x y z). The root's parent is "".
_Pose = tuple[str, tuple[float, float, float], tuple[float, float, float, float]]

_LEVEL = (1.0, 0.0, 0.0, 0.0)
# Rotation from a frame with x forward to a camera's, with z forward and x to the right.
_FORWARD = (0.5, -0.5, 0.5, -0.5)
_BACKWARD = (0.5, -0.5, -0.5, 0.5)
_LEFTWARD = (0.70710678, -0.70710678, 0.0, 0.0)
_RIGHTWARD = (0.0, 0.0, 0.70710678, -0.70710678)

_FRAMES: dict[str, _Pose] = {
    "body": ("", (0.0, 0.0, 0.0), _LEVEL),
    "odom": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "vision": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "flat_body": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "gpe": ("odom", (0.0, 0.0, -0.1), _LEVEL),
    "head": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "hand": ("body", (0.55, 0.0, 0.25), _LEVEL),
    "frontleft_fisheye": ("head", (0.4, 0.04, 0.02), _FORWARD),
    "frontright_fisheye": ("head", (0.4, -0.04, 0.02), _FORWARD),
    "left_fisheye": ("body", (-0.15, 0.11, 0.03), _LEFTWARD),
    "right_fisheye": ("body", (-0.15, -0.11, 0.03), _RIGHTWARD),
    "back_fisheye": ("body", (-0.42, 0.0, 0.01), _BACKWARD),
    "frontleft": ("head", (0.41, 0.03, 0.01), _FORWARD),
    "frontright": ("head", (0.41, -0.03, 0.01), _FORWARD),
    "hand_color_image_sensor": ("hand", (0.12, 0.0, 0.0), _FORWARD),
}
BODY = "body"


def write_frame_tree(snapshot: Any) -> None:
    """Fill a `FrameTreeSnapshot` with every frame of the robot."""
    for name, (parent, position, rotation) in _FRAMES.items():
        edge = snapshot.child_to_parent_edge_map[name]
        edge.parent_frame_name = parent
        pose = edge.parent_tform_child
        pose.position.x, pose.position.y, pose.position.z = position
        pose.rotation.w, pose.rotation.x, pose.rotation.y, pose.rotation.z = rotation
