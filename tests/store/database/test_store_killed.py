"""kill -9 between and within commits leaves whole batches, and every batch that was reported as written."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from streamer.core.records.journal import Audience
from streamer.store import SqlStore

SEGMENTS_A_BATCH = 40

WRITER = f"""
import asyncio, pathlib, sys
from streamer.core.footage.segments import Segment
from streamer.core.records.journal import Audience, JournalEntry, StoredDocument
from streamer.core.records.batch import Batch
from streamer.core.footage.takes import Keep, Take
from streamer.store import SqlStore

async def main():
    store = SqlStore(data=pathlib.Path(sys.argv[1]))
    n = (await store.open()).settings.get("n", 0)
    while True:
        n += 1
        numbers = range(n * {SEGMENTS_A_BATCH}, (n + 1) * {SEGMENTS_A_BATCH})
        await store.commit(Batch(
            takes=[Take(id="t", room="main", started=0.0)],
            segments=[Segment(take="t", number=k, path=f"{{k}}.ts", start=0.0, end=2.0, closed_at=0.0, bytes=1)
                      for k in numbers],
            keeps=[Keep(session="s", take="t", number=k) for k in numbers],
            documents=[StoredDocument(kind="room", id="main", body={{"revision": n}})],
            journal=[JournalEntry(audience=Audience.VIEWER, revision=n, at=0.0, kind="room.state", body={{"n": n}})],
            settings={{"n": n}},
        ))
        print(n, flush=True)

asyncio.run(main())
"""


async def test_whole_batches_only(tmp_path: Path) -> None:
    announced = 0
    store = SqlStore(data=tmp_path)
    for delay in (0.0, 0.003):  # not waiting for anything: it moves the kill to another point of a commit
        announced = await _write_until_killed(tmp_path, announced, delay)
        stored = await store.open()
        entries = await store.journal_since(Audience.VIEWER, 0, 10**6)
        await store.close()
        written = stored.settings["n"]
        assert announced <= written <= announced + 1
        assert stored.revisions[Audience.VIEWER] == written
        assert entries is not None
        assert [e.revision for e in entries] == list(range(1, written + 1))
        assert stored.documents[0].body == {"revision": written}
        assert len(stored.segments) == len(stored.keeps) == written * SEGMENTS_A_BATCH
        assert {s.number for s in stored.segments} == {k.number for k in stored.keeps}


async def _write_until_killed(data: Path, announced: int, delay: float) -> int:
    """The last batch that the writer said was written."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(data), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    try:
        async with asyncio.timeout(30):
            for _ in range(5):
                announced = int(await writer.stdout.readline())
        await asyncio.sleep(delay)
    finally:
        writer.kill()
        rest, _ = await writer.communicate()
    return max([announced, *map(int, rest.split(b"\n")[:-1])])
