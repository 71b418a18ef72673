"""The API's numbers by their names, as short as they are clear."""

from bosdyn.api import header_pb2, image_pb2


def image_format_name(number: int) -> str:
    """Return JPEG for `FORMAT_JPEG`; a number that has no name stays one."""
    return _name(image_pb2.Image.Format, number, "FORMAT_")


def pixel_format_name(number: int) -> str:
    """Return `RGB_U8` for `PIXEL_FORMAT_RGB_U8`."""
    return _name(image_pb2.Image.PixelFormat, number, "PIXEL_FORMAT_")


def status_name(number: int) -> str:
    """Return `OK` for `STATUS_OK`."""
    return _name(image_pb2.ImageResponse.Status, number, "STATUS_")


def error_name(number: int) -> str:
    """Return `CODE_OK`; of the error of a header."""
    return _name(header_pb2.CommonError.Code, number, "")


def _name(enumeration: object, number: int, prefix: str) -> str:
    try:
        name: str = enumeration.Name(number)  # type: ignore[attr-defined]
    except ValueError:
        return f"number {number}"
    return name.removeprefix(prefix)
