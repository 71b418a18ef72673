"""Skew between the robot's clock and ours, with the largest error that it can have."""

from dataclasses import dataclass

# Two undisciplined quartz clocks drift apart by at most this part of the time, 100 ppm.
DRIFT_DIVISOR = 10_000


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The robot's clock minus ours, as one round trip measured it; in nanoseconds.

    The skew is the middle of what the round trip allows (RFC 5905, section 8). However its two
    ways share the delay, the true skew is at most `error_ns` off, until a clock is set.
    """

    skew_ns: int
    half_round_trip_ns: int
    # Our clock, when the answer arrived.
    measured_ns: int

    def error_ns(self, now_ns: int) -> int:
        """Return the maximum error at a time of our clock."""
        return self.half_round_trip_ns + max(0, now_ns - self.measured_ns) // DRIFT_DIVISOR

    def updated(self, newer: "ClockSkew") -> "ClockSkew":
        """Return the one to use: the newer if it is as precise, or excludes this one.

        A newer one of a long round trip, as over a congested link, is worse. If no skew is within
        the errors of both, a clock was set.
        """
        error_ns = self.error_ns(newer.measured_ns)
        excludes = abs(newer.skew_ns - self.skew_ns) > newer.half_round_trip_ns + error_ns
        precise = newer.half_round_trip_ns <= error_ns
        return newer if precise or excludes else self


def skew_of_round_trip(
    sent_ns: int, received_ns: int, answered_ns: int, arrived_ns: int
) -> ClockSkew | None:
    """Return the skew by a call's times: our clock, the robot's twice, ours.

    Returns `None` for times that contradict each other: a clock was set during the call.
    """
    # A message arrives after it was sent, in both directions.
    min_ns, max_ns = answered_ns - arrived_ns, received_ns - sent_ns
    if min_ns > max_ns:
        return None
    return ClockSkew((min_ns + max_ns) // 2, (max_ns - min_ns + 1) // 2, arrived_ns)
