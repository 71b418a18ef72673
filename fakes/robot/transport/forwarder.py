"""Forwarding of calls to registered services, as undecoded bytes."""

import threading
from collections.abc import Callable

import grpc

from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.refusals import CallRefused

DEFAULT_TIMEOUT_S = 30.0
_MAX_TIMEOUT_S = 3600.0
# A call that ends this shortly before its deadline has reached it: the client's clock starts
# earlier, and gRPC rounds the remaining time. The service's own deadline then ends its call.
_DEADLINE_NEAR_S = 0.25

_CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    # Reconnect at once to a payload that has just restarted.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)
# A payload that vanished does not close its connections: a call to it is pinged after so long
# without an answer, and ends after as long again. gRPC sends two pings at most without data, which
# servers accept by default.
KEEPALIVE_S = 5.0


class Forwarder:
    """Plaintext gRPC channels to registered endpoints, one each. Thread-safe.

    Not forwarded: streams and metadata.
    """

    def __init__(
        self, endpoints: Callable[[], frozenset[str]], *, keepalive_s: float = KEEPALIVE_S
    ) -> None:
        self._endpoints = endpoints
        keepalive_ms = round(1000 * keepalive_s)
        self._options = (
            *_CHANNEL_OPTIONS,
            ("grpc.keepalive_time_ms", keepalive_ms),
            ("grpc.keepalive_timeout_ms", keepalive_ms),
            ("grpc.http2.ping_timeout_ms", keepalive_ms),
        )
        self._lock = threading.Lock()
        self._channels: dict[str, grpc.Channel] = {}

    def forward(
        self,
        service: RegisteredService,
        method: str,
        request: bytes,
        context: grpc.ServicerContext,
    ) -> bytes:
        """Block until the service answers, the deadline ends, or the client gives up.

        The service gets the client's deadline, and its call is cancelled when the client leaves.

        Raises:
            CallRefused: with the service's status, or UNAVAILABLE and `502` if it cannot be
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
        if not context.add_callback(give_up):  # the call has ended already
            call.cancel()
            raise given_up
        try:
            return call.result()
        except grpc.FutureCancelledError:
            raise given_up from None
        except grpc.RpcError as error:
            # Not with the channel's text about the failed connection: the SDK matches such words,
            # and would report the robot itself as unreachable.
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise bad_gateway(service) from None
            raise CallRefused(error.code(), error.details() or "") from None

    def start(
        self, service: RegisteredService, method: str, request: bytes, timeout_s: float
    ) -> "grpc.Future[bytes]":
        """Start a call; its result may raise `grpc.RpcError`.

        Raises:
            CallRefused: UNAVAILABLE and `502`, if the robot goes down at this moment.
        """
        try:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel(
                service.endpoint
            ).unary_unary(method)
            return call.future(request, timeout=timeout_s)
        except ValueError:  # The channel was closed since `_channel` returned it.
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
                channel = grpc.insecure_channel(endpoint, options=self._options)
                self._channels[endpoint] = channel
            return channel

    def _close_unregistered(self) -> None:
        for endpoint in self._channels.keys() - self._endpoints():
            self._channels.pop(endpoint).close()


def bad_gateway(service: RegisteredService) -> CallRefused:
    """Return the error of the robot's proxy for a service that it cannot reach."""
    return CallRefused(
        grpc.StatusCode.UNAVAILABLE, f"502 {service.name} does not answer at {service.endpoint}"
    )
