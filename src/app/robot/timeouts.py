"""Timeouts of what the daemon does at the robot: each number once, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RobotTimeouts:
    """Timeouts, periods and pauses, in seconds."""

    # Each RPC to the robot, unless its caller has less time.
    robot_rpc_s: float = 3.0
    # Between updates of the directory entry.
    heartbeat_s: float = 5.0
    # After so long without an update, four heartbeats, the robot raises a fault of the service.
    liveness_s: float = 20.0
    # Between time syncs, and between renewals of the token, which lasts 12 hours.
    synchronize_s: float = 60.0
    renew_token_s: float = 3600.0
    # First and last pause of the backoff after an error.
    min_retry_s: float = 0.25
    max_retry_s: float = 5.0
    # An operator authorizes the payload on a web page: a shorter pause gains nothing.
    authorization_retry_s: float = 1.0
    # Wrong credentials are corrected on the robot, too, by registering the payload again. Each
    # attempt costs the robot a log line, and the service must be back 15 s after the correction.
    credentials_retry_s: float = 10.0
    # How soon the name is taken that another daemon gives up, and how often an entry is read
    # whose owner may be alive.
    name_taken_retry_s: float = 2.0
    name_watch_s: float = 1.0
    # A fault is cleared when it has been inactive for this long; it is raised again, and cleared
    # again, no sooner than this after the last time: the camera flaps.
    fault_settle_s: float = 1.0
    fault_pause_s: float = 10.0
    # Between looks at the sources' faults, which cost microseconds, and after a robot error.
    fault_check_s: float = 0.1
    fault_retry_s: float = 1.0
    # Addresses of a host name seldom change; a name server may be away until the network is up.
    address_refresh_s: float = 300.0
    address_retry_s: float = 5.0
    # Stop: when the service must be unregistered. The process has 3 s.
    unregister_s: float = 2.1
