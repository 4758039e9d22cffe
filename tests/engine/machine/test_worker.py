"""The worker: few at a time, the urgent first, outcomes as values, and an end that leaves nothing running."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from streamer.core.base.errors import MediaError, StreamerError
from streamer.engine.machine.worker import SHARES, Done, Failed, Piece, Priority, Share, Unexpected, Worker

ONE_PLACE = {priority: Share(most=1, beside=1) for priority in Priority}


class Bench:
    """Hands in work that ends when the test says so, and knows what was begun and how often the worker woke."""

    def __init__(self, shares: Mapping[Priority, Share] = SHARES) -> None:
        self.begun: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.woken = asyncio.Event()
        self.worker = Worker(self.woken.set, shares)

    def submit(self, name: str, priority: Priority = Priority.FINISHING) -> Piece[str]:
        self.gates[name] = asyncio.Event()

        async def work() -> str:
            self.begun.append(name)
            await self.gates[name].wait()
            return name.upper()

        subject = name.split("/")[0]
        return self.worker.submit(work, name=name, priority=priority, subject=subject)

    def fail(self, error: Exception) -> Piece[str]:
        async def work() -> str:
            raise error

        return self.worker.submit(work, name="failing", priority=Priority.FINISHING, subject="failing")

    async def end(self, name: str, piece: Piece[str]) -> None:
        self.gates[name].set()
        await self.ended(piece)

    async def ended(self, piece: Piece[str]) -> None:
        async with asyncio.timeout(5):
            while not piece.ended:
                self.woken.clear()
                await self.woken.wait()


async def settled() -> None:
    """All that can begin has begun."""
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_an_outcome_is_a_value_and_wakes(bench: Bench) -> None:
    piece = bench.submit("a")
    assert not piece.is_cancelled
    await bench.end("a", piece)
    assert piece.outcome == Done("A")
    assert bench.woken.is_set()


async def test_an_error_is_a_value_too(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    error = MediaError("no picture")
    expected, unexpected = bench.fail(error), bench.fail(ZeroDivisionError("of a bug"))
    await bench.ended(expected)
    await bench.ended(unexpected)
    assert expected.outcome == Failed(error)
    assert isinstance(unexpected.outcome, Failed)
    assert isinstance(unexpected.outcome.error, Unexpected)
    assert "ZeroDivisionError" in caplog.text
    assert issubclass(Unexpected, StreamerError)


async def test_what_is_urgent_is_begun_first() -> None:
    bench = Bench(ONE_PLACE)
    first = bench.submit("first")
    await settled()
    later = {p: bench.submit(p.name, p) for p in (Priority.ANALYSING, Priority.FINISHING, Priority.PROBING)}
    await bench.end("first", first)
    for priority in (Priority.PROBING, Priority.FINISHING, Priority.ANALYSING):
        await bench.end(priority.name, later[priority])
    assert bench.begun == ["first", "PROBING", "FINISHING", "ANALYSING"]


async def test_so_many_run_and_one_place_is_left_for_a_probe(bench: Bench) -> None:
    for number in range(10):
        bench.submit(f"f{number}")
    bench.submit("analysis", Priority.ANALYSING)
    await settled()
    assert bench.begun == ["f0", "f1", "f2"]
    bench.submit("probe", Priority.PROBING)
    bench.submit("another", Priority.PROBING)
    await settled()
    assert bench.begun[3:] == ["probe"]
    await bench.worker.close()


async def test_an_analysis_takes_one_place_at_most(bench: Bench) -> None:
    for number in range(3):
        bench.submit(f"a{number}", Priority.ANALYSING)
    bench.submit("f0")
    await settled()
    assert bench.begun == ["a0", "f0"]
    await bench.worker.close()


async def test_what_is_cancelled_is_not_begun_or_ends() -> None:
    bench = Bench(ONE_PLACE)
    running, waiting, other = bench.submit("s/running"), bench.submit("s/waiting"), bench.submit("other")
    await settled()
    bench.worker.cancel("s")
    assert waiting.is_cancelled
    assert not running.ended
    await bench.worker.wait([running, waiting], 5)
    assert running.is_cancelled
    await settled()
    assert bench.begun == ["s/running", "other"]
    await bench.end("other", other)


async def test_at_the_end_nothing_runs_and_nothing_is_begun() -> None:
    bench = Bench(ONE_PLACE)
    pieces = [bench.submit("a"), bench.submit("b")]
    await settled()
    await bench.worker.close()
    await settled()
    assert [piece.is_cancelled for piece in pieces] == [True, True]
    assert bench.submit("late").is_cancelled
    await settled()
    assert bench.begun == ["a"]
    assert not [task for task in asyncio.all_tasks() if task.get_name() in ("a", "b")]
