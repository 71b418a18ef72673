"""Publish after encode: which frame of a source its requests are answered from."""

import threading
from collections.abc import Sequence
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

    Requests are answered from the published frame. One caller claims a newer frame, encodes it and
    publishes it. Meanwhile the others stay on the published one, with the encodings that it has, or
    wait for the claimed one if that is nearly encoded (ADR 21). No request gets an older frame than
    any answer that was returned before it began: each frame is published before its first answer
    is returned, and the published frame is never replaced by an older one.
    """

    def __init__(
        self,
        source: FrameSource,
        pool: EncoderPool,
        clock: Clock,
        *,
        max_claims: int,
        claim_timeout_s: float,
        max_lag_s: float,
    ) -> None:
        """`max_claims` frames are encoded at once. A claim expires after `claim_timeout_s`.

        While callers wait for the encoder pool, the published frame may lag behind the newest one
        by `max_lag_s`.
        """
        self._source = source
        self._pool = pool
        self._clock = clock
        self._max_claims = max_claims
        self._claim_timeout_ns = int(claim_timeout_s * NANOSECONDS)
        self._max_lag_ns = int(max_lag_s * NANOSECONDS)
        self._lock = threading.Lock()
        # The oldest first; replaced and not changed, since it is read without the lock.
        self._claims: tuple[Claim, ...] = ()
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
        claims = self._active_claims()
        if self._may_claim(newest, claims):
            lag_ns = newest.frame.monotonic_ns - published.frame.monotonic_ns
            return published if self._pool.has_waiters and lag_ns <= self._max_lag_ns else None
        return None if self._is_worth_waiting_for(claims[0], published) else published

    def choose(self, newest: StoredFrame) -> tuple[StoredFrame, Claim | None]:
        """Return the frame to answer from, and a claim if the caller is to publish it.

        The caller releases the claim, whatever happens.
        """
        with self._lock:
            published = self.settled(newest)
            if published is not None:
                return published, None
            claims = self._active_claims()
            if not self._may_claim(newest, claims):
                return claims[0].stored, None  # wait for its encoding
            claim = Claim(newest, self._clock.monotonic_ns())
            self._claims = (*claims, claim)
            return newest, claim

    def publish(self, stored: StoredFrame) -> None:
        """Answer from this frame from now on, unless a newer one is published."""
        if self._source.published is not stored:
            since_ns = [claim.since_ns for claim in self._claims if claim.stored is stored]
            if since_ns:
                self._encode_ns = self._clock.monotonic_ns() - since_ns[0]
            self._source.publish(stored)

    def release(self, claim: Claim | None) -> None:
        """Let another caller claim a newer frame."""
        if claim is not None:
            with self._lock:
                self._claims = tuple(other for other in self._claims if other is not claim)

    def _is_worth_waiting_for(self, claim: Claim, published: StoredFrame) -> bool:
        """Whether the wait for a claimed frame is at most half of the age that it saves.

        As far as is known: by the time that the last encode took. No further caller begins to wait
        after twice that time, or half of the saved age if that is more: the last frame may have
        been validated by the capture thread, and have taken no time at all.
        """
        spent_ns = self._clock.monotonic_ns() - claim.since_ns
        saved_ns = claim.stored.frame.monotonic_ns - published.frame.monotonic_ns
        left_ns = self._encode_ns - spent_ns
        return 2 * left_ns <= saved_ns and spent_ns < max(2 * self._encode_ns, saved_ns // 2)

    def _may_claim(self, newest: StoredFrame, claims: Sequence[Claim]) -> bool:
        """Whether the newest frame is not being encoded, and another one may be."""
        is_newer = all(newest.frame.sequence > claim.stored.frame.sequence for claim in claims)
        return is_newer and len(claims) < self._max_claims

    def _active_claims(self) -> tuple[Claim, ...]:
        now_ns = self._clock.monotonic_ns()
        return tuple(
            claim
            for claim in self._claims
            if now_ns - claim.since_ns <= self._claim_timeout_ns
            and not self._source.is_stale(claim.stored)
        )
