"""Publish after encode: which frame of a source its requests are answered from."""

import threading
from dataclasses import dataclass

from spot_webcam.app.serving.encoder_pool import EncoderPool
from spot_webcam.app.serving.frame_source import FrameSource
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.timing import NANOSECONDS, Clock


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """The right to encode a frame that is newer than the published one."""

    stored: StoredFrame
    since_ns: int


class FramePublisher:
    """Chooses between the published frame of a source and its newest one. Thread-safe.

    Requests are answered from the published frame. One caller at a time claims a newer frame,
    encodes it and publishes it. Meanwhile the others stay on the published one, with the encodings
    that it has, or wait for the claimed one if that is nearly encoded (ADR 21). No request gets an
    older frame than any answer that was returned before it began: each frame is published before
    its first answer is returned, and the published frame is never replaced by an older one.
    """

    def __init__(
        self,
        source: FrameSource,
        pool: EncoderPool,
        clock: Clock,
        *,
        claim_timeout_s: float,
        max_lag_s: float,
    ) -> None:
        """A claim expires after `claim_timeout_s`: its encode hangs.

        While callers wait for the encoder pool, the published frame may lag behind the newest one
        by `max_lag_s`.
        """
        self._source = source
        self._pool = pool
        self._clock = clock
        self._claim_timeout_ns = int(claim_timeout_s * NANOSECONDS)
        self._max_lag_ns = int(max_lag_s * NANOSECONDS)
        self._lock = threading.Lock()
        self._claim: Claim | None = None
        # Of the last frame, from the claim to its publication.
        self._encode_ns = 0

    def settled(self, newest: StoredFrame) -> StoredFrame | None:
        """Return the published frame if requests are answered from it now; never blocks.

        `None`: `choose` may claim the newest frame, or wait for the claimed one.
        """
        published = self._source.published
        if published is None:
            return None
        if published.frame.sequence >= newest.frame.sequence:
            return published
        if self._source.is_stale(published):
            return None
        claim = self._active_claim()
        if claim is not None:
            return None if self._is_worth_waiting_for(claim) else published
        lag_ns = newest.frame.monotonic_ns - published.frame.monotonic_ns
        return published if self._pool.has_waiters and lag_ns <= self._max_lag_ns else None

    def choose(self, newest: StoredFrame) -> tuple[StoredFrame, Claim | None]:
        """Return the frame to answer from, and a claim if the caller is to publish it.

        The caller releases the claim, whatever happens.
        """
        with self._lock:
            published = self.settled(newest)
            if published is not None:
                return published, None
            claim = self._active_claim()
            if claim is not None and not self._source.is_stale(claim.stored):
                return claim.stored, None  # wait for its encoding
            self._claim = claim = Claim(newest, self._clock.monotonic_ns())
            return newest, claim

    def publish(self, stored: StoredFrame) -> None:
        """Answer from this frame from now on, unless a newer one is published."""
        if self._source.published is not stored:
            claim = self._claim
            if claim is not None and claim.stored is stored:
                self._encode_ns = self._clock.monotonic_ns() - claim.since_ns
            self._source.publish(stored)

    def release(self, claim: Claim | None) -> None:
        """Let another caller claim a newer frame."""
        if claim is not None:
            with self._lock:
                if self._claim is claim:  # else it had expired
                    self._claim = None

    def _is_worth_waiting_for(self, claim: Claim) -> bool:
        """Whether one encode's time has passed since the capture, but not two since the claim.

        The published frame is then older than the claimed one will be when it is encoded.
        """
        now_ns = self._clock.monotonic_ns()
        is_due = now_ns - claim.stored.frame.monotonic_ns > self._encode_ns
        return is_due and now_ns - claim.since_ns <= 2 * self._encode_ns

    def _active_claim(self) -> Claim | None:
        claim = self._claim
        if claim is None or self._clock.monotonic_ns() - claim.since_ns > self._claim_timeout_ns:
            return None
        return claim
