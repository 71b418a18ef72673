from spot_webcam.app.capture.bulkhead import Bulkhead


def test_no_source_has_all_the_room() -> None:
    room = Bulkhead(3, 2)
    assert [room.enter("stuck") for _ in range(3)] == [True, True, False]
    assert room.enter("good")
    room.leave("good")
    assert room.enter("good")


def test_all_sources_together_have_no_more_than_there_is() -> None:
    room = Bulkhead(3, 2)
    assert [room.enter(name) for name in "aabb"] == [True, True, True, False]
    room.leave("a")
    assert room.enter("b")
    assert not room.enter("a")
