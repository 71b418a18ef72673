"""Evaluation of a call as a whole, before its pictures."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import header_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.findings import Finding, error_name, failed, warned
from spot_webcam.tools.robot_clients.check_client import CLIENT_NAME, Reply

# Tolerated difference between the clocks of a service and a client on one network.
TOLERANCE_S = 1.0

_RAISED = "the service raised: look at its log; what cannot be served is answered by a status"
_LOGIN = "log in as a user who may get pictures; a payload's token may not be enough"
_ADVICE = {
    "DEADLINE_EXCEEDED": "bound every wait in the service, and answer IMAGE_DATA_ERROR instead",
    "UNAVAILABLE": "the robot cannot reach it: is it running, are the --host-ip and --port that it"
    " was registered with right, is the port open in its firewall?",
    "UNIMPLEMENTED": "what answers there is no ImageService: has another program its port?",
    "RESOURCE_EXHAUSTED": "ask for less in one call, or raise the service's limits",
    "UNAUTHENTICATED": _LOGIN,
    "PERMISSION_DENIED": _LOGIN,
}


def call_problem(reply: Reply, expected: int | None = None) -> Finding | None:
    """Return the problem of a call: no answer, an error in its header, a wrong count.

    `expected` is the number of requested pictures.
    """
    if reply.response is None:
        details = " ".join(reply.details.split())[:200]
        return failed(
            f"gRPC error {reply.code} after {reply.took_s:.1f} s{details and f': {details}'}",
            _ADVICE.get(reply.code, _RAISED),
        )
    error = reply.response.header.error
    if error.code != header_pb2.CommonError.CODE_OK:
        name = error_name(error.code)
        return failed(
            f"the header's error is {name}{error.message and f': {error.message}'}",
            "set CODE_OK: the status of a picture says what is wrong with it"
            if error.code == header_pb2.CommonError.CODE_UNSPECIFIED
            else _RAISED,
        )
    if expected is not None and len(reply.response.image_responses) != expected:
        return failed(
            f"{len(reply.response.image_responses)} answers to {expected} requests",
            "answer each request, in their order",
        )
    return None


def evaluate_header(reply: Reply, skew_ns: int) -> Iterator[Finding]:
    """Evaluate the header without its error; yields problems only.

    Its times may be the robot's or the service's; the service's clock is assumed to agree with
    this computer's.
    """
    header = reply.response.header
    if not is_own_header(reply):
        yield warned(
            "the header does not repeat the request's header",
            "copy request.header into header.request_header: logs match calls by it",
        )
    for name in ("request_received_timestamp", "response_timestamp"):
        if not header.HasField(name):
            yield warned(f"the header's {name} is not set", "set it: clients estimate delays by it")
            return
    received_ns = _nanoseconds(header.request_received_timestamp)
    if received_ns > _nanoseconds(header.response_timestamp):
        yield warned(
            "it answered before it had received the request, by the header's times",
            "take both times from one clock",
        )
    off_s = min(_off_s(reply, received_ns, shift_ns) for shift_ns in (0, skew_ns))
    if off_s > TOLERANCE_S:
        yield warned(
            f"the header's times are neither the robot's nor this computer's: off by {off_s:.1f} s",
            "set the service's computer's clock, by NTP",
        )


def is_own_header(reply: Reply) -> bool:
    """Whether the answer's header repeats the header of this very request."""
    echoed, sent = reply.response.header.request_header, reply.request.header
    own = (CLIENT_NAME, sent.request_timestamp)
    return (echoed.client_name, echoed.request_timestamp) == own


def _off_s(reply: Reply, time_ns: int, shift_ns: int) -> float:
    early_ns = reply.sent_ns - shift_ns - time_ns
    late_ns = time_ns - (reply.arrived_ns - shift_ns)
    return max(0, early_ns, late_ns) / NANOSECONDS


def acquired_ns(answer: Any) -> int:
    """Return an answer's acquisition time, robot time in nanoseconds; 0 if it has none."""
    return _nanoseconds(answer.shot.acquisition_time)


def _nanoseconds(timestamp: Any) -> int:
    # Not ToNanoseconds: it raises for values that a wrong service may send.
    return int(timestamp.seconds) * NANOSECONDS + int(timestamp.nanos)
