import logging
from collections.abc import Sequence

import pytest

from spot_webcam.app.robot.address_resolver import AddressResolver, addresses_of
from spot_webcam.app.robot.timeouts import RobotTimeouts


def test_name_is_looked_up_again_until_it_resolves_and_reported_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[Sequence[str] | OSError] = [OSError("away"), OSError("away"), ["10.0.0.3"]]

    def resolve(host: str) -> Sequence[str]:
        assert host == "spot"
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    known: list[str] = []

    def update(addresses: Sequence[str]) -> bool:
        known.extend(addresses)
        return bool(known)

    timeouts = RobotTimeouts()
    resolver = AddressResolver("spot", update, timeouts, resolve)
    with caplog.at_level(logging.WARNING):
        waits_s = [resolver.step() for _ in range(3)]
    assert waits_s == [*[timeouts.address_retry_s] * 2, timeouts.address_refresh_s]
    assert known == ["10.0.0.3"]
    assert len(caplog.records) == 1


def test_address_needs_no_name_server() -> None:
    assert addresses_of("127.0.0.1") == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["a" * 300, "a..b"])
def test_what_cannot_be_a_name_does_not_resolve(host: str) -> None:
    with pytest.raises(OSError, match="host name"):
        addresses_of(host)
