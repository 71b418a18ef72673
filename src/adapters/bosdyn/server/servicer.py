"""`bosdyn.api.ImageService` on the wire: messages in, messages out, nothing else."""

from collections.abc import Callable

import grpc
from bosdyn.api import image_pb2

from spot_webcam.adapters.bosdyn.messages.images import source_to_proto
from spot_webcam.adapters.bosdyn.messages.response_bytes import header_bytes, response_bytes
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.executor import enter_blocking_region
from spot_webcam.adapters.bosdyn.server.request_reader import ImageCall
from spot_webcam.app.serving.image_service import MAX_ANSWER_BYTES, ImageService
from spot_webcam.domain.errors import AnswerTooLarge
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.status import Status

MAX_REQUESTS = 64
# What all answers under way may hold together: each exists twice, as pictures and as bytes on
# their way. Those beyond it wait, for this long at most; after half of it, answers
# whose clients have not read them since are cut off, the oldest first.
MAX_BYTES_UNDER_WAY = 64 * 1024 * 1024
# Small ones, as all JPEGs are, have room of their own: they wait for no raw pictures.
SMALL_BYTES = 4 * 1024 * 1024
MAX_SMALL_BYTES_UNDER_WAY = 32 * 1024 * 1024
MAX_WAIT_FOR_ROOM_S = 5.0
# To copy one so large takes a millisecond, without the interpreter: others may have that meanwhile.
LARGE_BYTES = 1024 * 1024
# Of the reasons in an answer's header.
MAX_MESSAGE = 4096
# How long a call without a deadline may wait for cameras, and which part of its deadline a
# call with one: the rest is for encoding and the way back.
DEFAULT_WAIT_S = 5.0
WAITING_SHARE = 0.8


class ImageServicer:
    """Answers calls from an `ImageService`, in bytes. Header times are this computer's."""

    def __init__(self, service: ImageService, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._room = ByteBudget(MAX_BYTES_UNDER_WAY)
        self._small_room = ByteBudget(MAX_SMALL_BYTES_UNDER_WAY)

    def list_image_sources(
        self, request: image_pb2.ListImageSourcesRequest, context: grpc.ServicerContext
    ) -> bytes:
        """List the sources as they are now, as a `ListImageSourcesResponse`."""
        received_ns = self._clock.time_ns()
        response = image_pb2.ListImageSourcesResponse()
        response.image_sources.extend(map(source_to_proto, self._service.list_sources()))
        listed: bytes = response.SerializeToString()
        request_header: bytes = request.header.SerializeToString()
        self._make_room(len(request_header) + len(listed), context)
        return header_bytes(request_header, received_ns, self._clock.time_ns()) + listed

    def get_image(self, call: ImageCall, context: grpc.ServicerContext) -> bytes:
        """Answer each request by a picture or a status, as a `GetImageResponse`.

        Reasons stand in the header.
        """
        received_ns = self._clock.time_ns()

        def who() -> tuple[str, bytes]:
            # By its connection to us or, behind a robot, by its name.
            return context.peer(), call.caller

        if len(call.requests) == 1:
            known = self._service.known_answer(call.requests[0], who)
            if known is not None:
                self._make_room(known.size + call.size_bytes, context)
                if known.size >= LARGE_BYTES:
                    enter_blocking_region()
                header = header_bytes(call.header, received_ns, self._clock.time_ns())
                return response_bytes(header, ((known, call.protos[0]),))
        if call.number > MAX_REQUESTS:
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"{call.number} image requests in one call; ask for {MAX_REQUESTS} at the most",
            )
        enter_blocking_region()
        try:
            answers = self._service.get_images(
                call.requests,
                _waiting_time_s(context),
                lambda size: self._make_room(size + call.size_bytes, context),
                lambda do: _when_ended(context, do),
                who,
            )
        except AnswerTooLarge as error:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
        _check_size(answers, context)
        reasons = dict.fromkeys(one.message for one in answers if one.status is not Status.OK)
        message = "; ".join(reasons)[:MAX_MESSAGE]
        header = header_bytes(call.header, received_ns, self._clock.time_ns(), message)
        return response_bytes(header, zip(answers, call.protos, strict=True))

    def _make_room(self, size: int, context: grpc.ServicerContext) -> None:
        """Take room for an answer until the last byte of it has left, or the call has ended."""
        room = self._small_room if size <= SMALL_BYTES else self._room
        lease = room.take_now(size, context.cancel)
        if lease is None:
            enter_blocking_region()
            lease = room.take(size, MAX_WAIT_FOR_ROOM_S, context.cancel)
        if lease is None:
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "too many large pictures are on their way; ask again, or for JPEG",
            )
        _when_ended(context, lease.give_back)


def _when_ended(context: grpc.ServicerContext, do: Callable[[], None]) -> None:
    """Do it at the end of the call, or now."""
    # False: the call has ended already, and nobody would tell of its end.
    if not context.add_callback(do):
        do()


def _check_size(answers: list[Answer], context: grpc.ServicerContext) -> None:
    size = sum(one.size for one in answers)
    if size > MAX_ANSWER_BYTES:
        context.abort(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            f"{size // 2**20} MiB of pictures in one answer; ask for fewer in one call, for"
            " smaller ones, or for JPEG",
        )


def _waiting_time_s(context: grpc.ServicerContext) -> float:
    left_s: float | None = context.time_remaining()
    if left_s is None:
        return DEFAULT_WAIT_S
    return min(DEFAULT_WAIT_S, WAITING_SHARE * left_s)
