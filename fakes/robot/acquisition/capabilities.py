"""What can be acquired: asked of the services whenever someone wants to know."""

from typing import Any

from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import image_pb2

from spot_webcam.fakes.robot.acquisition.asking import Ask, Asking
from spot_webcam.fakes.robot.acquisition.plugins import PLUGIN_SERVICE
from spot_webcam.fakes.robot.acquisition.shots import IMAGE_SERVICE
from spot_webcam.fakes.robot.state.refusals import CallRefused

_TIMEOUT_S = 3.0


def write_capabilities(asking: Asking, capabilities: Any) -> None:
    """Fill an `AcquisitionCapabilityList`; a service that does not answer is left out."""
    images = {
        name: asking.start(
            name,
            f"/{IMAGE_SERVICE}/ListImageSources",
            image_pb2.ListImageSourcesRequest(),
            image_pb2.ListImageSourcesResponse,
            _TIMEOUT_S,
        )
        for name in asking.names(IMAGE_SERVICE)
    }
    for name, data_sources in plugin_sources(asking).items():
        for source in data_sources:
            listed = capabilities.data_sources.add()
            listed.CopyFrom(source)
            listed.service_name = name
    for name, answer in _answers(images).items():
        listed = capabilities.image_sources.add(service_name=name)
        listed.image_source_names.extend(one.name for one in answer.image_sources)
        listed.image_sources.extend(answer.image_sources)


def plugin_sources(asking: Asking) -> dict[str, list[Any]]:
    """Return the `DataAcquisitionCapability` messages of every plugin that answers."""
    asks = {
        name: asking.start(
            name,
            f"/{PLUGIN_SERVICE}/GetServiceInfo",
            api.GetServiceInfoRequest(),
            api.GetServiceInfoResponse,
            _TIMEOUT_S,
        )
        for name in asking.names(PLUGIN_SERVICE)
    }
    return {name: list(answer.capabilities.data_sources) for name, answer in _answers(asks).items()}


def _answers(asks: dict[str, Ask]) -> dict[str, Any]:
    answers = {name: _answer_of(ask) for name, ask in asks.items()}
    return {name: answer for name, answer in answers.items() if answer is not None}


def _answer_of(ask: Ask) -> Any | None:
    try:
        return ask.answer()
    except CallRefused:
        return None
