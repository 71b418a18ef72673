"""Diagnosis of an unreachable robot: gRPC does not report the cause."""

import socket
import ssl

from spot_webcam.domain.robot_access import RobotAddress

MAX_TIMEOUT_S = 2.0


def why_unreachable(
    address: RobotAddress, certificates: bytes | None, timeout_s: float = MAX_TIMEOUT_S
) -> str:
    """Return why the robot cannot be reached, or an empty string if no cause is found.

    `certificates` are the trusted ones, in PEM. Blocks for at most twice the timeout, and for as
    long as the name server takes.
    """
    try:
        _shake_hands(address.host, address.port, certificates, min(timeout_s, MAX_TIMEOUT_S))
    except ssl.SSLCertVerificationError:
        trusted = f"by {address.ca_file}" if address.ca_file else "by the SDK's authority"
        return f"its certificate is not signed {trusted}: is --robot-ca the right file?"
    except (socket.gaierror, UnicodeError):
        return (
            f"the robot's name {address.host!r} does not resolve: is it right? Its IP address,"
            " such as 192.168.80.3, does without"
        )
    except OSError as error:
        return _meaning(error, str(address))
    return ""


def _shake_hands(host: str, port: int, certificates: bytes | None, timeout_s: float) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the robot's certificate is for its services' names
    if certificates:
        context.load_verify_locations(cadata=certificates.decode("ascii", "replace"))
    with socket.create_connection((host, port), timeout_s) as connection:
        connection.settimeout(timeout_s)
        context.wrap_socket(connection, server_hostname=host).close()


def _meaning(error: OSError, place: str) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {place}: is the address the robot's, and is it up?"
    if isinstance(error, TimeoutError):
        return f"{place} does not answer: is the robot on, and on this network?"
    if isinstance(error, ssl.SSLError):
        return f"what answers at {place} is not a robot ({error.reason})"
    return f"{place}: {error.strerror or error}"
