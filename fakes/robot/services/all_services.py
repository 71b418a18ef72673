"""Construction of the robot's own services."""

from spot_webcam.fakes.robot.acquisition.acquirer import Acquirer
from spot_webcam.fakes.robot.acquisition.acquisition_service import DataAcquisitionService
from spot_webcam.fakes.robot.acquisition.captures import Captures
from spot_webcam.fakes.robot.acquisition.job import Jobs
from spot_webcam.fakes.robot.acquisition.service_caller import ServiceCaller
from spot_webcam.fakes.robot.acquisition.store_service import DataAcquisitionStoreService
from spot_webcam.fakes.robot.services.data_buffer_service import DataBufferService
from spot_webcam.fakes.robot.services.data_service import DataService
from spot_webcam.fakes.robot.services.directory_registration_service import (
    DirectoryRegistrationService,
)
from spot_webcam.fakes.robot.services.directory_service import DirectoryService
from spot_webcam.fakes.robot.services.fault_service import FaultService
from spot_webcam.fakes.robot.services.identity_services import AuthService, RobotIdService
from spot_webcam.fakes.robot.services.image_service import ImageService
from spot_webcam.fakes.robot.services.method import Service
from spot_webcam.fakes.robot.services.payload_services import (
    PayloadRegistrationService,
    PayloadService,
)
from spot_webcam.fakes.robot.services.robot_state_service import RobotStateService
from spot_webcam.fakes.robot.services.time_sync_service import TimeSyncService
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.forwarder import Forwarder


def own_services(
    state: RobotState, forwarder: Forwarder, captures: Captures, recordings: Recordings
) -> tuple[tuple[Service, ...], Acquirer]:
    """Return every service, and the acquirer of one of them, whose threads the caller closes."""
    images = ImageService(state)
    caller = ServiceCaller(state, forwarder, (images,))
    jobs = Jobs(state.changes)
    acquirer = Acquirer(caller, captures, jobs)
    services: tuple[Service, ...] = (
        RobotIdService(),
        AuthService(state),
        PayloadRegistrationService(state),
        DirectoryService(state),
        DirectoryRegistrationService(state),
        FaultService(state),
        RobotStateService(state),
        TimeSyncService(state),
        PayloadService(state),
        images,
        DataService(recordings),
        DataBufferService(state, recordings),
        DataAcquisitionService(state, caller, acquirer, jobs),
        DataAcquisitionStoreService(captures),
    )
    return services, acquirer
