"""The frame tree of a robot that lies still at the origin of its odometry."""

from typing import Any

# Frame: (parent, position in metres, quaternion w x y z). The root's parent is "".
_Pose = tuple[str, tuple[float, float, float], tuple[float, float, float, float]]

_LEVEL = (1.0, 0.0, 0.0, 0.0)
# From a frame with x ahead to a camera's, with z ahead and x to the right.
_LOOKS_AHEAD = (0.5, -0.5, 0.5, -0.5)
_LOOKS_BACK = (0.5, -0.5, -0.5, 0.5)
_LOOKS_LEFT = (0.70710678, -0.70710678, 0.0, 0.0)
_LOOKS_RIGHT = (0.0, 0.0, 0.70710678, -0.70710678)

_FRAMES: dict[str, _Pose] = {
    "body": ("", (0.0, 0.0, 0.0), _LEVEL),
    "odom": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "vision": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "flat_body": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "gpe": ("odom", (0.0, 0.0, -0.1), _LEVEL),
    "head": ("body", (0.0, 0.0, 0.0), _LEVEL),
    "hand": ("body", (0.55, 0.0, 0.25), _LEVEL),
    "frontleft_fisheye": ("head", (0.4, 0.04, 0.02), _LOOKS_AHEAD),
    "frontright_fisheye": ("head", (0.4, -0.04, 0.02), _LOOKS_AHEAD),
    "left_fisheye": ("body", (-0.15, 0.11, 0.03), _LOOKS_LEFT),
    "right_fisheye": ("body", (-0.15, -0.11, 0.03), _LOOKS_RIGHT),
    "back_fisheye": ("body", (-0.42, 0.0, 0.01), _LOOKS_BACK),
    "frontleft": ("head", (0.41, 0.03, 0.01), _LOOKS_AHEAD),
    "frontright": ("head", (0.41, -0.03, 0.01), _LOOKS_AHEAD),
    "hand_color_image_sensor": ("hand", (0.12, 0.0, 0.0), _LOOKS_AHEAD),
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
