"""Calibration files: ours in TOML, and those of other programs."""

import sys
from pathlib import Path

from pydantic import ValidationError

from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.app.config.model import LensTable
from spot_webcam.domain.geometry.camera_model import CameraModel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def calibration_of(file: Path) -> CameraModel:
    """Read a camera model.

    Raises:
        ValueError: the file cannot be read, or has none.
    """
    try:
        if file.suffix == ".toml":
            return LensTable.model_validate(tomllib.loads(read_text_file(file))).camera_model()
        # PyYAML and OpenCV: most daemons have no such file.
        from spot_webcam.adapters.calibration import read_calibration  # noqa: PLC0415

        return read_calibration(file)
    except ValidationError as error:
        [first, *_] = error.errors()
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}" if place else str(first["msg"])) from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is no TOML: {error}") from None
    except UnreadableFile as error:
        raise ValueError(str(error)) from None
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
