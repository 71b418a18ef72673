from __future__ import annotations

from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress


def test_address_is_shown_with_its_port() -> None:
    assert str(RobotAddress("192.168.80.3")) == "192.168.80.3:443"


def test_secret_is_not_shown() -> None:
    assert "hidden" not in repr(PayloadCredentials("guid", "hidden"))
