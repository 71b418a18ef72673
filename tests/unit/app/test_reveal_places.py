"""Where credentials leave the address type: a new place needs a reason here."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Calls of `reveal` in each file, and what for.
PLACES = {
    "src/app/cameras/factory.py": (2, "synthetic cameras, and whether the path is a device node"),
    "src/app/cameras/schemes.py": (1, "which package's scheme it begins with"),
    "src/app/cli/controls.py": (1, "whether it is NAME=VALUE in the wrong place"),
    "src/app/cameras/isolation.py": (
        1,
        "the recipe for the camera's own process, through a socket",
    ),
    "src/app/cameras/plugin.py": (1, "the address that another package's camera opens"),
    "src/adapters/opencv/capture.py": (1, "cv2.VideoCapture"),
    "src/adapters/http_camera/client.py": (1, "the host to connect to, and the login"),
    "src/adapters/opencv/device.py": (3, "what kind it is, and its path"),
    "src/adapters/opencv/network.py": (1, "the host to connect to, and the login"),
    "src/adapters/v4l2/names.py": (1, "the device node that is looked up"),
}


def test_credentials_are_revealed_to_those_who_open_cameras_only() -> None:
    found: Counter[str] = Counter()
    for folder in ("src", "fakes", "examples"):
        for file in (ROOT / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(file.read_text("utf-8")))
            attributes = [one for one in nodes if isinstance(one, ast.Attribute)]
            calls = sum(one.attr in {"reveal", "split_userinfo", "_written"} for one in attributes)
            if calls and file.name != "address.py":
                found[str(file.relative_to(ROOT))] = calls
    assert found == {place: count for place, (count, _) in PLACES.items()}
