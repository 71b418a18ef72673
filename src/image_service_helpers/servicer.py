"""`CameraBaseImageServicer`: the image service of a set of sources."""

import atexit
import logging
import time
import weakref
from collections.abc import Iterable
from typing import Any

import grpc
from bosdyn.api import image_pb2, image_service_pb2_grpc
from bosdyn.client.data_buffer import DataBufferClient
from bosdyn.client.fault import FaultClient
from bosdyn.client.server_util import populate_response_header
from bosdyn.client.util import setup_logging
from bosdyn.util import now_timestamp

from spot_webcam.adapters.bosdyn.server.servicer import MAX_MESSAGE, WAITING_SHARE
from spot_webcam.app.settings import Limits
from spot_webcam.image_service_helpers.hang_detector import MAX_WAIT_S, slow_camera_bulkhead
from spot_webcam.image_service_helpers.image_call import ImageCall
from spot_webcam.image_service_helpers.image_log import ImageLog
from spot_webcam.image_service_helpers.visual_image_source import VisualImageSource

_LOG = logging.getLogger(__name__)

MAX_REQUESTS = Limits().requests_per_call
# Share of a call's deadline until its pictures must be decoded.
DECODING_SHARE = 0.95
EXIT_TIMEOUT_S = 2.0


class CameraBaseImageServicer(image_service_pb2_grpc.ImageServiceServicer):  # type: ignore[misc]
    """`bosdyn.api.ImageService` of sources, which it starts; `stop` ends them.

    `background_capture_params` is a `DictParam`. With `log_images`, requests and answers are
    logged in the robot's data buffer.
    """

    def __init__(
        self,
        bosdyn_sdk_robot: Any,
        service_name: str,
        image_sources: Iterable[VisualImageSource],
        logger: logging.Logger | None = None,
        use_background_capture_thread: bool = True,
        background_capture_params: Any = None,
        log_images: bool = False,
    ) -> None:
        """Start the sources; blocks until robot time is known, for three seconds at most.

        Raises:
            TypeError: a source is not of this module.
            ValueError: two sources have the same name.
        """
        super().__init__()
        sources = list(image_sources)
        _check(sources)
        if logger is None:
            setup_logging(include_dedup_filter=True)
        self.logger = logger or _LOG
        self.bosdyn_sdk_robot = bosdyn_sdk_robot
        self.service_name = service_name
        self.fault_client = bosdyn_sdk_robot.ensure_client(FaultClient.default_service_name)
        self.data_buffer_client: Any = None
        self._image_log: ImageLog | None = None
        if log_images:
            self.data_buffer_client = bosdyn_sdk_robot.ensure_client(
                DataBufferClient.default_service_name
            )
            self._image_log = ImageLog(self.data_buffer_client, self.logger)
        self._wait_for_sync()
        self.image_sources_mapped: dict[str, VisualImageSource] = {}
        bulkhead, owner = slow_camera_bulkhead(), object()
        for source in sources:
            source.owner = owner
            source.share_bulkhead(bulkhead)
            source.set_logger(self.logger)
            source.publish_faults(self.fault_client, service_name)
            if use_background_capture_thread:
                source.create_capture_thread(background_capture_params)
            self.image_sources_mapped[source.image_source_name] = source
        weakref.finalize(self, _abandon, sources, owner).atexit = False
        _RUNNING.add(self)

    def ListImageSources(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - the API's
        """Return the current descriptions of the sources."""
        response = image_pb2.ListImageSourcesResponse()
        response.image_sources.extend(
            source.image_source_proto for source in list(self.image_sources_mapped.values())
        )
        populate_response_header(response, request)
        response.header.response_timestamp.CopyFrom(now_timestamp())
        return response

    def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        """Answer each request with a picture or a status; the header has the reasons."""
        received = now_timestamp()
        if self._image_log is not None:
            self._image_log.log(request)
        abort = getattr(context, "abort", None)  # tests of users pass other contexts
        if abort is not None and len(request.image_requests) > MAX_REQUESTS:
            abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"{len(request.image_requests)} image requests in one call; ask for"
                f" {MAX_REQUESTS} at the most",
            )
        response = image_pb2.GetImageResponse()
        call = ImageCall(self.image_sources_mapped, self._robot_time, self._set_format_and_decode)
        left_s = _time_left_s(context)
        call.answer(
            request.image_requests,
            response.image_responses,
            wait_s=min(MAX_WAIT_S, WAITING_SHARE * left_s),
            decode_s=DECODING_SHARE * left_s,
        )
        reasons = "; ".join(dict.fromkeys(call.reasons))[:MAX_MESSAGE]
        populate_response_header(response, request, error_msg=reasons)
        response.header.request_received_timestamp.CopyFrom(received)
        response.header.response_timestamp.CopyFrom(now_timestamp())
        if self._image_log is not None:
            self._image_log.log(response)
        return response

    def _set_format_and_decode(self, image_data: Any, img_proto: Any, img_req: Any) -> int:
        """Fill an `Image` as the request wants it; programs replace this method."""
        source = self.image_sources_mapped[img_req.image_source_name]
        return source.decode_image(image_data, img_proto, img_req)

    def stop(self, timeout_secs: float = 10) -> None:
        """End the sources' threads and have their faults cleared, within this time."""
        end_s = time.monotonic() + timeout_secs
        _RUNNING.discard(self)
        sources = list(self.image_sources_mapped.values())
        _ask_to_stop(sources)
        for source in sources:
            source.stop_capturing(max(0.0, end_s - time.monotonic()))

    def _robot_time(self, timestamp: float) -> Any:
        return self.bosdyn_sdk_robot.time_sync.robot_timestamp_from_local_secs(timestamp)

    def _wait_for_sync(self) -> None:
        try:
            self.bosdyn_sdk_robot.time_sync.wait_for_sync()
        except Exception as error:  # noqa: BLE001 - the time sync retries on its own thread
            self.logger.warning(
                "no pictures until robot time is known: %s %s",
                type(error).__name__,
                error,
            )


def _check(sources: list[VisualImageSource]) -> None:
    names = set()
    for source in sources:
        if not isinstance(source, VisualImageSource):
            raise TypeError(
                f"{type(source).__module__}.{type(source).__name__} is not a source of this module:"
                f" import VisualImageSource from {VisualImageSource.__module__.rpartition('.')[0]}"
            )
        if source.image_source_name in names:
            raise ValueError(
                f"two sources are named {source.image_source_name!r}: give each its own name"
            )
        names.add(source.image_source_name)


def _time_left_s(context: Any) -> float:
    remaining = getattr(context, "time_remaining", None)
    left_s = remaining() if callable(remaining) else None
    return float(left_s) if isinstance(left_s, int | float) else MAX_WAIT_S


def _ask_to_stop(sources: Iterable[VisualImageSource]) -> None:
    for source in sources:
        source.ask_to_stop()


def _abandon(sources: Iterable[VisualImageSource], owner: object) -> None:
    """Abandon the sources of a deleted servicer, unless another servicer has them now."""
    for source in sources:
        if source.owner is owner:
            source.abandon()


_RUNNING: "weakref.WeakSet[CameraBaseImageServicer]" = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """Clear the raised faults: programs for the SDK's module do not call `stop`."""
    end_s = time.monotonic() + EXIT_TIMEOUT_S
    for servicer in list(_RUNNING):
        servicer.stop(max(0.0, end_s - time.monotonic()))
