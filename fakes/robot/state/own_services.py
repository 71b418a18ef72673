"""The robot's own services: names, types and authorities as on a Spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OwnService:
    """A directory entry of the robot itself. `open` ones are called without a token."""

    name: str
    type: str
    authority: str
    open: bool = False

    @property
    def route(self) -> tuple[str, str]:
        """What calls are routed by: authority and service type."""
        return (self.authority, self.type)


ROBOT_ID: Final = OwnService("robot-id", "bosdyn.api.RobotIdService", "id.spot.robot", open=True)
AUTH: Final = OwnService("auth", "bosdyn.api.AuthService", "auth.spot.robot", open=True)
PAYLOAD_REGISTRATION: Final = OwnService(
    "payload-registration",
    "bosdyn.api.PayloadRegistrationService",
    "payload-registration.spot.robot",
    open=True,
)
DIRECTORY: Final = OwnService("directory", "bosdyn.api.DirectoryService", "api.spot.robot")
DIRECTORY_REGISTRATION: Final = OwnService(
    "directory-registration", "bosdyn.api.DirectoryRegistrationService", "api.spot.robot"
)
FAULT: Final = OwnService("fault", "bosdyn.api.FaultService", "fault.spot.robot")
ROBOT_STATE: Final = OwnService("robot-state", "bosdyn.api.RobotStateService", "state.spot.robot")
TIME_SYNC: Final = OwnService("time-sync", "bosdyn.api.TimeSyncService", "timesync.spot.robot")
PAYLOAD: Final = OwnService("payload", "bosdyn.api.PayloadService", "payload.spot.robot")
IMAGE: Final = OwnService("image", "bosdyn.api.ImageService", "api.spot.robot")
DATA: Final = OwnService("data", "bosdyn.api.DataService", "data.spot.robot")
DATA_BUFFER: Final = OwnService("data-buffer", "bosdyn.api.DataBufferService", "buffer.spot.robot")
DATA_ACQUISITION: Final = OwnService(
    "data-acquisition", "bosdyn.api.DataAcquisitionService", "data-acquisition.spot.robot"
)
DATA_ACQUISITION_STORE: Final = OwnService(
    "data-acquisition-store",
    "bosdyn.api.DataAcquisitionStoreService",
    "data-acquisition-store.spot.robot",
)

OWN_SERVICES: Final = (
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
