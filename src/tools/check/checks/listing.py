"""Checks of the list of sources, without pictures."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.tools.check.findings import Finding, failed, passed, skipped, warned
from spot_webcam.tools.check.service import (
    AbortChecks,
    ServiceUnderTest,
    service_check,
    source_check,
)

_MODELS = ("pinhole", "pinhole_brown_conrady", "kannala_brandt")


@service_check("sources", "it lists sources, by different names")
def sources(target: ServiceUnderTest) -> Iterator[Finding]:
    """Evaluate the names, and select the sources to check."""
    yield from evaluate_names(target.sources)
    wanted = target.settings.source_names
    known = {source.name: source for source in target.sources if source.name}
    for name in wanted:
        if name not in known:
            yield failed(
                f"there is no source {name!r}", f"give --image-source one of {', '.join(known)}"
            )
    target.sources = tuple(known[name] for name in wanted or known if name in known)
    if not target.sources:
        raise AbortChecks("there is no source to look at")
    yield passed(f"there are {', '.join(source.name for source in target.sources)}")


@source_check("description", "size, type and formats are reported", needs_picture=False)
def description(_target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Evaluate name, size, type and formats."""
    yield from evaluate_description(source)


@source_check("camera model", "focal length and principal point can be", needs_picture=False)
def camera_model(_target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Evaluate the intrinsics."""
    yield from evaluate_camera_model(source)


def evaluate_names(sources: Sequence[Any]) -> Iterator[Finding]:
    """Find missing, empty and repeated names."""
    if not sources:
        yield failed("it lists no sources", "list a source even while its camera is away")
    names = Counter(source.name for source in sources)
    if "" in names:
        yield failed("a source has no name", "name it: nobody can ask for it")
    for name, count in names.items():
        if name and count > 1:
            yield failed(f"{count} sources are named {name!r}", "name each of them differently")


def evaluate_description(source: Any) -> Iterator[Finding]:
    """Find problems of one source's name, size, type and formats."""
    if not source.name.isprintable():
        yield warned(
            f"its name {source.name!r} holds what cannot be shown",
            "name it by letters: names stand in logs, on tablets and in terminals",
        )
    if source.rows <= 0 or source.cols <= 0:
        yield warned(
            f"its size is {source.cols}x{source.rows}", "tell cols and rows: clients plan by them"
        )
    visual = source.image_type == image_pb2.ImageSource.IMAGE_TYPE_VISUAL
    depth = source.image_type == image_pb2.ImageSource.IMAGE_TYPE_DEPTH
    if not visual and not depth:
        yield warned("its image type is unknown", "say IMAGE_TYPE_VISUAL or IMAGE_TYPE_DEPTH")
    for what, formats in (("pixel", source.pixel_formats), ("image", source.image_formats)):
        if not formats or 0 in formats:
            yield warned(
                f"it does not tell its {what} formats",
                "list those that work: clients ask for the first, or for none",
            )
    jpeg = image_pb2.Image.FORMAT_JPEG
    # JPEG holds 8 bits a sample: a source of 16 bits has none.
    eight_bits = image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U16 not in source.pixel_formats
    if visual and eight_bits and source.image_formats and jpeg not in source.image_formats:
        yield warned("it lists no JPEG", "offer JPEG: the tablet shows nothing else")
    if depth and not source.depth_scale > 0:
        yield warned(
            f"its depth_scale is {source.depth_scale:g}", "tell the units a metre: 1000 for mm"
        )


def evaluate_camera_model(source: Any) -> Iterator[Finding]:
    """Find intrinsics that no camera with pictures of this size can have."""
    kind = next((model for model in _MODELS if source.HasField(model)), None)
    if kind is None:
        yield skipped("it has none", "tell the intrinsics where pixels are to become directions")
        return
    model = getattr(source, kind).intrinsics
    if kind == "pinhole":
        intrinsics, distortion = model, []
    else:
        intrinsics = model.pinhole_intrinsics
        distortion = [
            getattr(model, field.name)
            for field in model.DESCRIPTOR.fields
            if field.name != "pinhole_intrinsics"
        ]
    focal = (intrinsics.focal_length.x, intrinsics.focal_length.y)
    centre = (intrinsics.principal_point.x, intrinsics.principal_point.y)
    if not all(math.isfinite(number) for number in (*focal, *centre, *distortion)):
        yield failed("it holds numbers that are not finite", "calibrate the camera again")
        return
    if not (focal[0] != 0 and focal[1] > 0):  # the x of a mirrored picture is negative
        yield failed(
            f"its focal length is {focal[0]:g}, {focal[1]:g}", "give pixels, or leave the model out"
        )
    # Of a picture that was cropped to its corner, it lies outside.
    near_x = -source.cols < centre[0] < 2 * source.cols
    near_y = -source.rows < centre[1] < 2 * source.rows
    if source.cols and source.rows and not (near_x and near_y):
        yield failed(
            f"its principal point {centre[0]:g}, {centre[1]:g} lies far outside of"
            f" {source.cols}x{source.rows}",
            "give it in pixels of the listed size",
        )
