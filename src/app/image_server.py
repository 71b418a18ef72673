"""The image service and its gRPC server, without a robot: what the daemon and benchmarks build."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from spot_webcam.adapters.bosdyn.messages.parameters import check_parameters
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper, evict
from spot_webcam.adapters.bosdyn.server.dispatcher import RpcDispatcher, Services
from spot_webcam.adapters.bosdyn.server.executor import CallExecutor
from spot_webcam.adapters.bosdyn.server.grpc_server import GrpcServer
from spot_webcam.adapters.bosdyn.server.health import HealthServicer
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.ports import Clock, ImageCodec, RobotClock
from spot_webcam.domain.requests.answer import Answer


@dataclass(frozen=True, slots=True)
class ImageServer:
    """The image service and its server, before `server.start`."""

    service: ImageService
    server: GrpcServer
    budget: ByteBudget


def build_service(
    sources: Iterable[CameraSource],
    clock: Clock,
    robot_clock: RobotClock,
    codec: ImageCodec,
    *,
    port: int = 0,
    allowlist: PeerAllowlist | None = None,
    answered: Callable[[Sequence[Answer], int], None] = lambda *_: None,
    further: Callable[[Callable[[], None]], Services] | None = None,
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
) -> ImageServer:
    """Build the service for these sources and bind its port, 0 for any free one.

    `answered` gets the answers of each call, and when it was received. `further` returns services
    that are answered on the same port, given the executor's `enter_blocking_region`.

    Raises:
        OSError: the port is in use, or this user may not bind it.
    """
    limits, timeouts = limits or Limits(), timeouts or Timeouts()
    service = ImageService(
        sources,
        clock,
        robot_clock,
        codec,
        check_parameters=check_parameters,
        limits=limits,
        timeouts=timeouts,
    )
    executor = CallExecutor(
        limits.call_threads + limits.calls_without_request, limits.running_calls
    )
    budget = ByteBudget(
        limits.bytes_in_flight, limits.small_bytes_in_flight, limits.small_answer_bytes
    )
    servicer = ImageServicer(
        service,
        clock,
        budget,
        max_requests=limits.requests_per_call,
        budget_timeout_s=timeouts.bytes_in_flight_s,
        frame_wait_s=timeouts.frame_wait_s,
        enter_blocking_region=executor.enter_blocking_region,
        evict=evict,
        answered=answered,
    )
    health = HealthServicer(lambda: {source.name: not source.faults() for source in sources})
    reaper = CallReaper(timeouts.call_s, timeouts.request_s, limits.calls_without_request)
    server = GrpcServer(
        RpcDispatcher(
            servicer,
            health,
            allowlist or PeerAllowlist(),
            reaper,
            further(executor.enter_blocking_region) if further else {},
            executor.enter_blocking_region,
        ),
        executor,
        port,
        max_calls=limits.calls,
        handshake_timeout_s=timeouts.handshake_s,
    )
    return ImageServer(service, server, budget)
