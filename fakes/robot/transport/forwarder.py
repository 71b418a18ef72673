"""Calls to payload services, passed on as the bytes they are."""

import threading
from collections.abc import Callable

import grpc

from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.refusals import CallRefused

DEFAULT_TIMEOUT_S = 30.0
_MAX_TIMEOUT_S = 3600.0
# A client's call that ends so shortly before its deadline has met it: clients count from earlier
# on, and gRPC sends the time that is left in round numbers. Then the service shall meet its own.
_DEADLINE_NEAR_S = 0.25

_CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    # A payload that has just restarted is found again at once.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)


class Forwarder:
    """Plaintext HTTP/2 to registered endpoints, one channel each."""

    def __init__(self, endpoints: Callable[[], frozenset[str]]) -> None:
        self._endpoints = endpoints
        self._lock = threading.Lock()
        self._channels: dict[str, grpc.Channel] = {}

    def forward(
        self,
        service: RegisteredService,
        method: str,
        request: bytes,
        context: grpc.ServicerContext,
    ) -> bytes:
        """Block until the service has answered, the time is over, or the client has given up.

        The client's deadline is the service's, and the service is told of a client that left.

        Raises:
            CallRefused: with the service's status, or UNAVAILABLE and `502` when it cannot be
                reached.
        """
        timeout_s = context.time_remaining()
        if timeout_s is None or timeout_s > _MAX_TIMEOUT_S:
            timeout_s = DEFAULT_TIMEOUT_S
        call = self.start(service, method, request, timeout_s)

        def give_up() -> None:
            left_s = context.time_remaining()
            if left_s is None or left_s > _DEADLINE_NEAR_S:
                call.cancel()

        given_up = CallRefused(grpc.StatusCode.CANCELLED, "the client gave up")
        if not context.add_callback(give_up):  # it is over already
            call.cancel()
            raise given_up
        try:
            return call.result()
        except grpc.FutureCancelledError:
            raise given_up from None
        except grpc.RpcError as error:
            # What the channel says about a connection that failed stays here: the SDK looks for
            # such words and would take the robot itself for unreachable.
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise bad_gateway(service) from None
            raise CallRefused(error.code(), error.details() or "") from None

    def start(
        self, service: RegisteredService, method: str, request: bytes, timeout_s: float
    ) -> "grpc.Future[bytes]":
        """Begin a call; its result may raise `grpc.RpcError`.

        Raises:
            CallRefused: UNAVAILABLE and `502`, when the robot goes down at this moment.
        """
        try:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel(
                service.endpoint
            ).unary_unary(method)
            return call.future(request, timeout=timeout_s)
        except ValueError:  # The channel was closed while it was handed over.
            raise bad_gateway(service) from None

    def close(self) -> None:
        """Close every channel; calls under way end with CANCELLED."""
        with self._lock:
            channels = list(self._channels.values())
            self._channels.clear()
        for channel in channels:
            channel.close()

    def _channel(self, endpoint: str) -> grpc.Channel:
        with self._lock:
            channel = self._channels.get(endpoint)
            if channel is None:
                self._close_unregistered()
                channel = grpc.insecure_channel(endpoint, options=_CHANNEL_OPTIONS)
                self._channels[endpoint] = channel
            return channel

    def _close_unregistered(self) -> None:
        for endpoint in self._channels.keys() - self._endpoints():
            self._channels.pop(endpoint).close()


def bad_gateway(service: RegisteredService) -> CallRefused:
    """What the robot's proxy says of a service that it cannot reach."""
    return CallRefused(
        grpc.StatusCode.UNAVAILABLE, f"502 {service.name} does not answer at {service.endpoint}"
    )
