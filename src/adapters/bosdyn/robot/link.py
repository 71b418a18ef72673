"""Connection to one robot through the SDK, and the login."""

import base64
import binascii
import glob
import json
import logging
import threading
from typing import Any

import bosdyn.client
from bosdyn.client.directory import DirectoryClient
from bosdyn.client.payload_registration import PayloadRegistrationClient
from bosdyn.client.robot import Robot
from bosdyn.client.robot_id import RobotIdClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.reachability import why_unreachable
from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# New channels must not inherit the backoff of closed ones.
_CHANNEL_OPTIONS = (("grpc.use_local_subchannel_pool", 1),)


class RobotLink:
    """A `RobotLogin` that also provides the other adapters' SDK clients. Thread-safe.

    `connect` opens new channels, because a TCP connection to a robot that lost power hangs for
    minutes. No call of the adapters waits longer than `rpc_timeout_s`.
    """

    def __init__(
        self,
        address: RobotAddress,
        credentials: PayloadCredentials,
        rpc_timeout_s: float,
    ) -> None:
        ca = None if address.ca_file is None else glob.escape(str(address.ca_file))
        self._sdk = bosdyn.client.create_standard_sdk("spot-webcam", cert_resource_glob=ca)
        self._address = address
        self._credentials = credentials
        self.rpc_timeout_s = rpc_timeout_s
        self._lock = threading.Lock()
        self._robot: Robot | None = None

    @property
    def payload_guid(self) -> str:
        """The GUID of the payload that this link logs in as."""
        return self._credentials.guid

    def connect(self) -> str:
        """Call the robot on new channels."""
        self.close()
        robot = self._sdk.create_robot(self._address.target)
        robot.update_secure_channel_port(self._address.port)
        with self._lock:
            self._robot = robot
        try:
            with robot_errors():
                client = self.client(RobotIdClient.default_service_name)
                identity = client.get_id(timeout=self.rpc_timeout_s)
        except RobotUnreachable as error:
            why = why_unreachable(self._address, self._sdk.cert, self.rpc_timeout_s)
            raise RobotUnreachable(why or str(error)) from error
        return f"{identity.nickname or identity.serial_number} at {self._address}"

    def authenticate(self) -> int | None:
        """Log in as the payload, and read the robot's list of services."""
        robot = self._connected()
        with robot_errors():
            login = self.client(PayloadRegistrationClient.default_service_name)
            token = login.get_payload_auth_token(
                self._credentials.guid, self._credentials.secret, timeout=self.rpc_timeout_s
            )
            # Not update_user_token(): it starts a thread that renews the token and logs
            # tracebacks while the robot is away. The session renews the token.
            robot.user_token = token
            directory = self.client(DirectoryClient.default_service_name)
            robot.sync_with_services_list(directory.list(timeout=self.rpc_timeout_s))
        return token_end_ns(token)

    def client(self, service_name: str) -> Any:
        """Return the SDK's client of a service of the robot.

        Raises:
            RobotError: there is no connection or no such service.
        """
        robot = self._connected()
        with robot_errors():
            return robot.ensure_client(service_name, options=list(_CHANNEL_OPTIONS))

    def channel(self, authority: str) -> Any:
        """Return the channel to an authority of the robot, for calls without a client of the SDK.

        Raises:
            RobotUnreachable: there is no connection.
        """
        return self._connected().ensure_secure_channel(authority, options=list(_CHANNEL_OPTIONS))

    @property
    def certificates(self) -> Any:
        """The trusted certificates, in PEM."""
        return self._sdk.cert

    def reopen_channels(self) -> None:
        """Replace the channels and stay logged in; pending calls end at once.

        Raises:
            RobotUnreachable: there is no connection.
        """
        old = self._connected()
        self.close()
        robot = self._sdk.create_robot(self._address.target)
        robot.update_secure_channel_port(self._address.port)
        robot.user_token = old.user_token
        robot.authorities_by_name = dict(old.authorities_by_name)
        robot.service_type_by_name = dict(old.service_type_by_name)
        with self._lock:
            self._robot = robot

    def close(self) -> None:
        """Close all channels; allowed in every state."""
        with self._lock:
            robot, self._robot = self._robot, None
        if robot is not None:
            robot.shutdown()
        self._sdk.clear_robots()

    def _connected(self) -> Robot:
        with self._lock:
            robot = self._robot
        if robot is None:
            raise RobotUnreachable("not connected to the robot")
        return robot


def token_end_ns(token: str) -> int | None:
    """Return when a JSON Web Token ends (RFC 7519, `exp`); `None` if it does not say."""
    claims = token.split(".")[1:2]
    try:
        padded = "".join(claims) + "==="
        expires_s = float(json.loads(base64.urlsafe_b64decode(padded))["exp"])
        return int(expires_s) * NANOSECONDS
    except (binascii.Error, KeyError, TypeError, ValueError, OverflowError):
        return None
