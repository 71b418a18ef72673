"""Limits and timeouts of the daemon: each number once, with its unit and reason."""

import os
from dataclasses import dataclass, field

MIB = 1024 * 1024


def _one_per_processor() -> int:
    return max(2, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each resource the daemon uses at most."""

    # Capture.
    # Serving: requests, waits, encodings.
    # Pictures of one answer: the SDK's clients accept 100 MiB, with all but the pictures.
    answer_bytes: int = 99 * MIB
    # Different sets of parameters of one source in a call: the frames are captured one after the
    # other, and the first must not be stale when the last is there.
    parameter_sets: int = 4
    # Pictures that are encoded at once: more than processors are not faster, and each takes memory.
    encoder_slots: int = field(default_factory=_one_per_processor)
    # Answers, and encodings, that are kept of one frame. Clients of one camera ask for a few kinds.
    cached_answers: int = 32
    cached_bytes: int = 64 * MIB
    # Server: calls, connections, bytes in flight.
    # Requests in one call: the SDK's clients ask for one of each source.
    requests_per_call: int = 64
    # Threads that answer calls, made when they are needed. Most of them may wait for cameras.
    call_threads: int = 128
    # Threads that answer calls at the same time, without those that wait (ADR 17).
    running_calls: int = 2
    # Calls whose request has not arrived; each holds a thread of its own. A request that was sent
    # with its call arrives within a millisecond. Beyond, the greediest connection loses its oldest.
    calls_without_request: int = 64
    # Calls at all; those beyond the threads wait, and those beyond this number are refused.
    calls: int = 512
    # Answers on their way to clients (ADR 19): each exists twice, as pictures and as a message.
    bytes_in_flight: int = 96 * MIB
    # Of these, the part for small answers alone, and what is small: JPEGs do not wait for RAW.
    small_bytes_in_flight: int = 32 * MIB
    small_answer_bytes: int = 4 * MIB


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the daemon waits at most, in seconds."""

    # Capture.
    # Serving.
    # Wait for an encoder slot, and for an encode of the same picture by another call.
    encoding_s: float = 5.0
    # An encode that takes longer hangs: another call may encode a newer frame of the source.
    claim_s: float = 1.0
    # How far the published frame may lag behind the newest one while calls wait for an encoder.
    published_lag_s: float = 0.1
    # Server.
    # Wait for cameras, in a call without a deadline.
    frame_wait_s: float = 5.0
    # Wait for room for an answer; after half of it, the oldest answers on their way are cancelled.
    bytes_in_flight_s: float = 5.0
    # From the call to its request, which fits into one packet.
    request_s: float = 5.0
    # From the call to the last byte of its answer. The SDK's own clients give up as soon.
    call_s: float = 30.0
    # From a connection to the end of its HTTP/2 handshake: an idle one holds a descriptor.
    handshake_s: float = 5.0
    # Robot.
