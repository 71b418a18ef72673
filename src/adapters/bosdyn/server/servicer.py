"""`bosdyn.api.ImageService` on the wire: messages to requests, answers to bytes."""

from collections.abc import Callable, Sequence
from typing import Protocol

import grpc
from bosdyn.api import header_pb2, image_pb2

from spot_webcam.adapters.bosdyn.messages.images import request_from_proto, source_to_proto
from spot_webcam.adapters.bosdyn.messages.response_bytes import ResponseSerializer, write_header
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget, Lease
from spot_webcam.domain.errors import AnswerTooLarge
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import Clock

# To copy an answer this large takes about a millisecond, during which another thread can run.
LARGE_ANSWER_BYTES = 1024 * 1024
# Of the reasons in an answer's header.
MAX_MESSAGE = 4096
# The part of a call's deadline that may be spent on waiting for cameras; the rest is for encoding
# and for the way back.
WAITING_SHARE = 0.8


class Call(Protocol):
    """One call of the use case; not thread-safe, except for `cancel`."""

    @property
    def is_rendered(self) -> bool:
        """Whether all answers are there: nothing is waited for or encoded."""

    @property
    def size_bytes(self) -> int:
        """About the size of all answers' pictures."""

    def wait(self, timeout_s: float) -> None:
        """Wait for frames; raises `AnswerTooLarge`."""

    def render(self) -> list[Answer]:
        """Return the answers in the order of the requests; raises `AnswerTooLarge`."""

    def cancel(self) -> None:
        """Withdraw what was requested of the cameras. Thread-safe; refers to no picture."""


class Service(Protocol):
    """The use case that the servicer puts on the wire. Thread-safe."""

    def list_sources(self) -> list[ImageSource]:
        """Return the sources as they are listed."""

    def prepare(self, requests: Sequence[ImageRequest], /) -> Call:
        """Plan the answers to the requests of one call; never blocks.

        Raises:
            AnswerTooLarge: the pictures would not fit into one answer.
        """


class ImageServicer:
    """Answers calls from a `Service`, in bytes. Times in headers are those of this computer."""

    def __init__(
        self,
        service: Service,
        clock: Clock,
        budget: ByteBudget,
        *,
        max_requests: int,
        budget_timeout_s: float,
        frame_wait_s: float,
        enter_blocking_region: Callable[[], None] = lambda: None,
        evict: Callable[[grpc.ServicerContext], object] = grpc.ServicerContext.cancel,
        answered: Callable[[Sequence[Answer], int], None] = lambda *_: None,
    ) -> None:
        """Each answer takes its bytes from the budget until it has been sent, or to `evict` it.

        `enter_blocking_region` is called by a thread that is about to block or to copy for long. A
        call waits for cameras for `frame_wait_s` at most. `answered` gets the answers of each call,
        and when it was received.
        """
        self._service = service
        self._clock = clock
        self._budget = budget
        self._max_requests = max_requests
        self._max_wait_s = budget_timeout_s
        self._frame_wait_s = frame_wait_s
        self._enter_blocking_region = enter_blocking_region
        self._evict = evict
        self._answered = answered
        self._serializer = ResponseSerializer()

    def list_image_sources(
        self, request: image_pb2.ListImageSourcesRequest, context: grpc.ServicerContext
    ) -> bytes:
        """List the sources as they are now, as a `ListImageSourcesResponse`."""
        received_ns = self._clock.time_ns()
        response = image_pb2.ListImageSourcesResponse()
        response.image_sources.extend(map(source_to_proto, self._service.list_sources()))
        write_header(response.header, request.header, received_ns, self._clock.time_ns())
        self._wait_for(self._requested(response.ByteSize(), context), context)
        listed: bytes = response.SerializeToString()
        return listed

    def get_image(self, message: image_pb2.GetImageRequest, context: grpc.ServicerContext) -> bytes:
        """Answer each request by a picture or a status, as a `GetImageResponse`.

        Reasons are in the header.
        """
        received_ns = self._clock.time_ns()
        protos = message.image_requests
        if len(protos) > self._max_requests:
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"{len(protos)} image requests in one call; ask for {self._max_requests} at most",
            )
        requests = [request_from_proto(proto) for proto in protos]
        try:
            call = self._prepared(requests, context)
            size_bytes = call.size_bytes + message.ByteSize()
            lease = self._requested(size_bytes, context)
            while not self._budget.retain(lease):
                call.cancel()
                del call  # and its pictures: many calls may wait for room, of a frame each (ADR 19)
                self._wait_for(lease, context)
                call = self._prepared(requests, context)
            try:
                answers, header = call.render(), header_pb2.ResponseHeader()
                self._answered(answers, received_ns)
                write_header(
                    header, message.header, received_ns, self._clock.time_ns(), _reasons(answers)
                )
                return self._serializer.response_bytes(header, zip(answers, protos, strict=True))
            finally:
                lease.release()
        except AnswerTooLarge as error:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))

    def _prepared(self, requests: Sequence[ImageRequest], context: grpc.ServicerContext) -> Call:
        """Return a call that is ready to render; blocks unless all answers are known."""
        call = self._service.prepare(requests)
        if not call.is_rendered:
            self._enter_blocking_region()
            _at_end(context, call.cancel)
            call.wait(self._wait_s(context))
        elif call.size_bytes >= LARGE_ANSWER_BYTES:
            self._enter_blocking_region()
        return call

    def _requested(self, size_bytes: int, context: grpc.ServicerContext) -> Lease:
        """Request bytes of the budget until the call has ended; never blocks."""
        lease = self._budget.request(size_bytes, lambda: self._evict(context))
        _at_end(context, lease.release)
        return lease

    def _wait_for(self, lease: Lease, context: grpc.ServicerContext) -> None:
        """Wait for room; abort the call if there is none, or if the client has left."""
        self._enter_blocking_region()
        if not self._budget.wait(lease, self._max_wait_s):
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "too many large pictures are on their way; ask again, or for JPEG",
            )

    def _wait_s(self, context: grpc.ServicerContext) -> float:
        left_s: float | None = context.time_remaining()
        if left_s is None:
            return self._frame_wait_s
        return min(self._frame_wait_s, WAITING_SHARE * left_s)


def _at_end(context: grpc.ServicerContext, callback: Callable[[], None]) -> None:
    """Call back when the call has ended, or now if it has."""
    # False: gRPC will not call back any more.
    if not context.add_callback(callback):
        callback()


def _reasons(answers: list[Answer]) -> str:
    failed = (answer.message for answer in answers if answer.status is not Status.OK)
    return "; ".join(dict.fromkeys(failed))[:MAX_MESSAGE]
