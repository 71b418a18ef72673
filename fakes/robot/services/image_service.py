"""bosdyn.api.ImageService: the robot's own cameras."""

from typing import Any

from bosdyn.api import image_service_pb2

from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest, Refusal, plan_encoding
from spot_webcam.domain.requests.status import Status
from spot_webcam.fakes.robot.services.built_in_cameras import (
    BUILT_IN_CAMERAS,
    BuiltInCamera,
    encoded,
)
from spot_webcam.fakes.robot.services.frames import write_frame_tree
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import IMAGE
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class ImageService:
    """Serves synthetic pictures.

    Not simulated: custom parameters, which are ignored; exposure and gain, which are not reported.
    """

    entry = IMAGE
    protocol = image_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _list_image_sources(self, _request: Any, response: Any, _caller: Caller) -> None:
        for camera in BUILT_IN_CAMERAS.values():
            _write_source(camera, response.image_sources.add())

    def _get_image(self, request: Any, response: Any, _caller: Caller) -> None:
        for image_request in request.image_requests:
            self._answer(image_request, response.image_responses.add())

    def _answer(self, request: Any, answer: Any) -> None:
        camera = BUILT_IN_CAMERAS.get(request.image_source_name)
        if camera is None:
            answer.source.name = request.image_source_name
            answer.status = int(Status.UNKNOWN_CAMERA)
            return
        _write_source(camera, answer.source)
        plan = plan_encoding(_request_of(request), camera.source)
        if isinstance(plan, Refusal):
            answer.status = int(plan.status)
            return
        answer.status = int(Status.OK)
        self._write_capture(camera, plan, answer.shot)

    def _write_capture(self, camera: BuiltInCamera, plan: EncodingPlan, shot: Any) -> None:
        captured_ns = camera.captured_ns(self._state.now_ns())
        shot.acquisition_time.CopyFrom(to_timestamp(captured_ns))
        write_frame_tree(shot.transforms_snapshot)
        shot.frame_name_image_sensor = camera.frame_name
        shot.image.cols, shot.image.rows = plan.cols, plan.rows
        shot.image.format = int(plan.image_format)
        shot.image.pixel_format = int(plan.pixel_format)
        shot.image.data = encoded(camera.picture(captured_ns), plan)


def _request_of(request: Any) -> ImageRequest:
    return ImageRequest(
        source_name=request.image_source_name,
        image_format=request.image_format,
        pixel_format=request.pixel_format,
        fallback_formats=tuple(request.fallback_formats),
        quality_percent=request.quality_percent,
        resize_ratio=request.resize_ratio,
    )


def _write_source(camera: BuiltInCamera, message: Any) -> None:
    source, model = camera.source, camera.model
    message.name = source.name
    message.cols, message.rows = source.cols, source.rows
    message.image_type = int(source.image_type)
    message.image_formats.extend(int(image_format) for image_format in source.image_formats)
    message.pixel_formats.extend(int(pixel_format) for pixel_format in source.pixel_formats)
    message.depth_scale = source.depth_scale
    intrinsics = message.pinhole.intrinsics
    intrinsics.focal_length.x, intrinsics.focal_length.y = model.focal_x_px, model.focal_y_px
    intrinsics.principal_point.x = model.principal_x_px
    intrinsics.principal_point.y = model.principal_y_px
