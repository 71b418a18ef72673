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
    # Requests that wait for cameras, each on a thread: for all sources together, for one source,
    # and for one source until the request's deadline. Further ones wait for as long as a camera in
    # good order takes: on demand for one picture, from a stream not at all. The remaining threads
    # serve the other sources.
    max_waiting_requests: int = 112
    max_waiting_requests_per_source: int = 64
    max_waiting_requests_per_slow_source: int = 16
    # Parameter requests that wait for one camera; each costs the camera some frames.
    max_parameter_requests: int = 128
    # Consecutive damaged frames after which the camera is closed and opened again.
    max_damaged_frames: int = 30
    # Frames that a driver may have buffered, and that are discarded to get a fresh one.
    max_buffered_frames: int = 10
    # Frames discarded after a control was set: the one in flight, and two whose exposure sensors
    # may have begun before the control took effect.
    settling_frames: int = 3
    # Serving.
    # Size of the pictures in one answer. The SDK's clients accept messages of 100 MiB; 1 MiB is
    # left for everything else in the message.
    answer_bytes: int = 99 * MIB
    # Different sets of parameters of one source in one call. Their frames are captured one after
    # the other, and the first must not be stale when the last is captured.
    parameter_sets: int = 4
    # Pictures that are encoded at once. More than one per processor is not faster, and each takes
    # memory.
    encoder_slots: int = field(default_factory=_one_per_processor)
    # Frames of one source that are encoded at once, so that a new one need not wait for the end of
    # the encode before it (ADR 21).
    claimed_frames: int = 2
    # Answers and encodings that are kept of one frame. The clients of a camera ask for a few kinds.
    cached_answers: int = 32
    cached_bytes: int = 64 * MIB
    # Server.
    # Requests in one call. The SDK's clients ask for one picture of each source.
    requests_per_call: int = 64
    # Threads that answer calls, started when needed. Most of them may wait for cameras.
    call_threads: int = 128
    # Threads that answer calls at the same time, not counting those that wait (ADR 17).
    running_calls: int = 2
    # Calls that send no request; each holds a thread of its own. Beyond this number, the oldest of
    # the connection that has most are refused (ADR 17).
    calls_without_request: int = 64
    # Calls in progress, or queued for a thread; those beyond this number are refused.
    calls: int = 512
    # Answers on their way to clients (ADR 19): each exists twice, as pictures and as a message.
    bytes_in_flight: int = 96 * MIB
    # The part of it that only small answers may use, and the size of a small answer: JPEGs do not
    # wait for RAW pictures.
    small_bytes_in_flight: int = 32 * MIB
    small_answer_bytes: int = 4 * MIB


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts, periods and pauses of the daemon, in seconds."""

    # Capture.
    # A camera is back within 3 s of being available: the maximum pause, and the time to open it.
    first_reopen_pause_s: float = 0.1
    max_reopen_pause_s: float = 2.0
    # A camera that has delivered for this long has recovered: the pauses start small again.
    recovered_after_s: float = 3.0
    # A step that takes longer hangs: to open a camera takes up to 60 s, and to override parameters
    # some twenty pictures, each exposed for seconds.
    capture_step_s: float = 180.0
    # A camera may need this long for its first open, and for the first picture after an open.
    opening_grace_s: float = 10.0
    first_frame_grace_s: float = 2.0
    # A source without a request for this long is idle: its frames are not retrieved any more.
    idle_after_s: float = 2.0
    # How often the on-demand loop checks for overridden parameters while nobody asks.
    idle_step_s: float = 1.0
    # Between pictures of an idle source whose camera skips the others by itself. A frame is stale
    # after a second at the earliest, and a camera that fails is noticed so much later.
    skipping_step_s: float = 0.25
    # Reading the camera's settings costs a millisecond per control over USB.
    settings_period_s: float = 1.0
    # Parameters stay set for this long after the last request for them, so that a client that
    # streams with parameters does not make the picture flicker.
    parameters_linger_s: float = 2.0
    # A request waits this long at most for another one that validates the same frame.
    validation_s: float = 5.0
    # A cause of an outage that lasted this long is reported until the outage ends.
    kept_cause_s: float = 0.1
    # A failed encoding is reported as a fault for this long, unless another encoding succeeds.
    encoding_fault_s: float = 10.0
    # An outage whose cause was logged within this time is not logged again: the camera flaps.
    repeated_log_s: float = 10.0
    # Between looks for cameras that were plugged in, which list a directory, and at a file.
    hotplug_period_s: float = 2.0
    config_period_s: float = 0.5
    # Wait for the end of cameras that are replaced, during which the daemon does not stop.
    replace_s: float = 1.0
    # Between measurements of a source's sharpness, which take milliseconds, while somebody asks.
    quality_s: float = 1.0
    # Serving.
    # Wait for an encoder slot, and for an encode of the same picture by another call.
    encoding_s: float = 5.0
    # An encode that takes longer hangs: another call may encode a newer frame of the source.
    claim_s: float = 1.0
    # How far the published frame may lag behind the newest one while calls wait for an encoder.
    published_lag_s: float = 0.1
    # Between trials of a transcode that saved too little (ADR 8), each of about 15 ms for 1080p.
    transcode_trial_s: float = 5.0
    # Server.
    # Wait for cameras in one call. Who gave less time gets an answer within it.
    frame_wait_s: float = 5.0
    # Wait for room for an answer; after half of it, the oldest answers on their way are cancelled.
    bytes_in_flight_s: float = 5.0
    # From the call to its request, which fits into one packet.
    request_s: float = 5.0
    # From the call to the last byte of its answer. The SDK's clients give up after the same time.
    call_s: float = 30.0
    # From a connection to the end of its HTTP/2 handshake: an idle one holds a descriptor.
    handshake_s: float = 5.0
    # Each wait for threads at the end. The process has 3 s, most of them for the robot.
    join_s: float = 0.3
