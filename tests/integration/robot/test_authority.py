"""The private attribute of grpcio that the fake robot reads."""

from types import SimpleNamespace

import pytest

from spot_webcam.fakes.robot.transport.router import authority_of


@pytest.mark.parametrize("host", [b"id.spot.robot", "id.spot.robot"])
def test_authority_is_text_whatever_grpc_gives(host):
    event = SimpleNamespace(call_details=SimpleNamespace(host=host))
    assert authority_of(SimpleNamespace(_rpc_event=event)) == "id.spot.robot"


def test_authority_is_what_the_client_asked_for(fake_robot, connect):
    connect(fake_robot).get_id()
    assert fake_robot.calls()[-1].authority == "id.spot.robot"
