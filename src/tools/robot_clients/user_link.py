"""Link to the robot with a user's credentials instead of a payload's."""

from bosdyn.client.auth import AuthClient, InvalidLoginError
from bosdyn.client.directory import DirectoryClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.domain.errors import CredentialsRejected
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress


class UserLink(RobotLink):
    """Logs in with a name and a password; the token is not renewed."""

    def __init__(
        self,
        address: RobotAddress,
        user: str,
        password: str,
        rpc_timeout_s: float,
    ) -> None:
        super().__init__(address, PayloadCredentials("", ""), rpc_timeout_s)
        self._user = user
        self._password = password

    def authenticate(self) -> None:
        """Log in as the user, and read the robot's list of services."""
        robot = self._connected()
        with robot_errors():
            login = self.client(AuthClient.default_service_name)
            try:
                token = login.auth(self._user, self._password, timeout=self.rpc_timeout_s)
            except InvalidLoginError:
                raise CredentialsRejected(
                    f"the robot does not accept this password of the user {self._user!r}: give"
                    " another, or make the account on the robot's web page"
                ) from None
            robot.user_token = token
            directory = self.client(DirectoryClient.default_service_name)
            robot.sync_with_services_list(directory.list(timeout=self.rpc_timeout_s))
