"""The robot's own services: names, types and authorities as on a Spot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnService:
    """A directory entry of the robot itself. `open` ones are called without a token."""

    name: str
    type: str
    authority: str
    open: bool = False

    @property
    def route(self) -> tuple[str, str]:
        """Key that calls are routed by: authority and service type."""
        return (self.authority, self.type)


ROBOT_ID = OwnService("robot-id", "bosdyn.api.RobotIdService", "id.spot.robot", open=True)
AUTH = OwnService("auth", "bosdyn.api.AuthService", "auth.spot.robot", open=True)
PAYLOAD_REGISTRATION = OwnService(
    "payload-registration",
    "bosdyn.api.PayloadRegistrationService",
    "payload-registration.spot.robot",
    open=True,
)
DIRECTORY = OwnService("directory", "bosdyn.api.DirectoryService", "api.spot.robot")
DIRECTORY_REGISTRATION = OwnService(
    "directory-registration", "bosdyn.api.DirectoryRegistrationService", "api.spot.robot"
)
FAULT = OwnService("fault", "bosdyn.api.FaultService", "fault.spot.robot")
ROBOT_STATE = OwnService("robot-state", "bosdyn.api.RobotStateService", "state.spot.robot")
TIME_SYNC = OwnService("time-sync", "bosdyn.api.TimeSyncService", "timesync.spot.robot")
PAYLOAD = OwnService("payload", "bosdyn.api.PayloadService", "payload.spot.robot")
IMAGE = OwnService("image", "bosdyn.api.ImageService", "api.spot.robot")
DATA = OwnService("data", "bosdyn.api.DataService", "data.spot.robot")
DATA_BUFFER = OwnService("data-buffer", "bosdyn.api.DataBufferService", "buffer.spot.robot")
DATA_ACQUISITION = OwnService(
    "data-acquisition", "bosdyn.api.DataAcquisitionService", "data-acquisition.spot.robot"
)
DATA_ACQUISITION_STORE = OwnService(
    "data-acquisition-store",
    "bosdyn.api.DataAcquisitionStoreService",
    "data-acquisition-store.spot.robot",
)

OWN_SERVICES = (
    ROBOT_ID,
    AUTH,
    PAYLOAD_REGISTRATION,
    DIRECTORY,
    DIRECTORY_REGISTRATION,
    FAULT,
    ROBOT_STATE,
    TIME_SYNC,
    PAYLOAD,
    IMAGE,
    DATA,
    DATA_BUFFER,
    DATA_ACQUISITION,
    DATA_ACQUISITION_STORE,
)
