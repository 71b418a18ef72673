import asyncio
from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any

import pytest

from spot_webcam.adapters.web.broadcast import Broadcast

Message = MutableMapping[str, Any]


class Viewer:
    """A connection whose reader takes what it is sent when the test says so."""

    def __init__(self, broadcast: Broadcast) -> None:
        self.taken: list[bytes] = []
        self.ready = asyncio.Event()
        self.ready.set()
        self.leaving = asyncio.Event()
        self.ended = False
        self.task = asyncio.ensure_future(broadcast.serve(self._receive, self._send, []))

    async def _receive(self) -> Message:
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            if message["body"]:
                self.taken.append(message["body"])
            self.ended = not message["more_body"]
        await self.ready.wait()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def forever(_: Broadcast) -> None:
    await asyncio.Event().wait()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_every_viewer_gets_every_part_that_it_can_take() -> None:
    async def test() -> None:
        broadcast = Broadcast(forever)
        quick, slow = Viewer(broadcast), Viewer(broadcast)
        await settle()
        slow.ready.clear()
        for part in (b"1", b"2", b"3", b"4"):
            broadcast.publish(part)
            await settle()
        slow.ready.set()
        await settle()
        assert quick.taken == [b"1", b"2", b"3", b"4"]
        assert slow.taken == [b"1", b"4"]
        assert broadcast.viewers == 2

    run(test)


def test_late_viewer_begins_with_the_newest_part() -> None:
    async def test() -> None:
        broadcast = Broadcast(forever)
        first = Viewer(broadcast)
        await settle()
        broadcast.publish(b"1")
        broadcast.publish(b"2")
        late = Viewer(broadcast)
        await settle()
        assert late.taken == [b"2"]
        assert first.taken == [b"2"]

    run(test)


def test_production_runs_while_there_are_viewers() -> None:
    async def test() -> None:
        begun = ended = 0

        async def produce(_: Broadcast) -> None:
            nonlocal begun, ended
            begun += 1
            try:
                await asyncio.Event().wait()
            finally:
                ended += 1

        broadcast = Broadcast(produce)
        viewers = [Viewer(broadcast), Viewer(broadcast)]
        await settle()
        assert (begun, ended) == (1, 0)
        viewers[0].leaving.set()
        await settle()
        assert (begun, ended, broadcast.viewers) == (1, 0, 1)
        viewers[1].leaving.set()
        await settle()
        assert (begun, ended, broadcast.viewers) == (1, 1, 0)
        Viewer(broadcast)
        await settle()
        assert (begun, ended) == (2, 1)

    run(test)


def test_old_part_is_not_sent_when_production_begins_again() -> None:
    async def test() -> None:
        broadcast = Broadcast(forever)
        first = Viewer(broadcast)
        await settle()
        broadcast.publish(b"old")
        await settle()
        first.leaving.set()
        await settle()
        second = Viewer(broadcast)
        await settle()
        assert second.taken == []
        broadcast.publish(b"new")
        await settle()
        assert second.taken == [b"new"]

    run(test)


def test_end_of_production_ends_the_answers() -> None:
    async def test() -> None:
        finish = asyncio.Event()

        async def produce(_: Broadcast) -> None:
            await finish.wait()

        viewer = Viewer(Broadcast(produce))
        await settle()
        assert not viewer.ended
        finish.set()
        await settle()
        assert viewer.ended
        assert viewer.task.done()

    run(test)


def test_defect_of_the_production_ends_the_answers(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async def produce(_: Broadcast) -> None:
            await asyncio.sleep(0)
            raise ZeroDivisionError("by nought")

        viewer = Viewer(Broadcast(produce))
        await settle()
        assert viewer.ended

    run(test)
    assert "a defect ends a stream" in caplog.text
