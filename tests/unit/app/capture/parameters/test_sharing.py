"""One camera for those who want parameters and those who want none."""

from __future__ import annotations

from collections import Counter

from tests.unit.app.capture.loop_stand import BASE, FRAME_S, SETTLED, TIMEOUTS, LoopStand, shown

IDLE_AFTER_S = TIMEOUTS.idle_after_s


def stop_looking(stand: LoopStand) -> None:
    stand.steps(round(2 * IDLE_AFTER_S / FRAME_S), looked_at=False)


def test_values_that_stand_already_are_not_waited_for(stand: LoopStand) -> None:
    stop_looking(stand)
    stand.request(50)
    stand.steps(1, looked_at=False)
    before = stand.camera.grabs
    collects = []
    for _ in range(3):
        collects.append(stand.request(50))
        stand.steps(1, looked_at=False)
    # Nor is a picture taken that nobody looks at.
    assert stand.camera.grabs - before == 3
    assert [shown(collect()) for collect in collects] == [50] * 3


def test_values_stay_between_the_requests_of_a_stream_that_nobody_else_looks_at(
    stand: LoopStand,
) -> None:
    stop_looking(stand)
    for _ in range(3):
        collect = stand.request(50)
        stand.steps(5, looked_at=False)
        assert shown(collect()) == 50
        assert stand.camera.brightness == 50
    assert stand.source.faults() == []


def test_client_that_begins_to_look_meanwhile_gets_a_picture_of_the_usual(stand: LoopStand) -> None:
    stop_looking(stand)
    stand.request(50)
    stand.steps(5, looked_at=False)
    stand.request(50)
    stand.steps(1)
    assert shown(stand.newest()) == BASE
    assert stand.newest().settings.parameters == {"brightness": BASE}


def test_everybody_gets_their_pictures_however_much_others_ask_for(stand: LoopStand) -> None:
    wishes = (50, 60, 70)
    requests = {wish: stand.submit(wish) for wish in wishes}
    got: Counter[int] = Counter()
    oldest_ns = 0
    for _ in range(60):
        stand.steps(1)
        newest = stand.newest()
        assert shown(newest) == BASE
        oldest_ns = max(oldest_ns, stand.clock.monotonic_ns() - newest.monotonic_ns)
        for wish in [wish for wish, request in requests.items() if request.future.done()]:
            assert shown(requests[wish].future.result().frame) == wish
            got[wish] += 1
            requests[wish] = stand.submit(wish)
    assert got == dict.fromkeys(wishes, 20)
    # While one of the others' was taken.
    assert oldest_ns <= SETTLED * FRAME_S * 1e9
