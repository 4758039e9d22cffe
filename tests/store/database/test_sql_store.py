"""What goes into the store comes out of it, after a restart too; and what contradicts itself does not go in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streamer.core.base.errors import Conflict, StoreError
from streamer.core.base.ids import JobId, OverrideId, RoomId, RunId, SessionId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.override import Override
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Keep, Take
from streamer.core.jobs.processes import ProcessExit, ProcessRecord
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.core.jobs.specs import JobKind
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Answer, Batch, Stored
from streamer.core.records.journal import Audience, JournalEntry, StoredDocument
from streamer.core.records.tokens import Role, Token
from streamer.engine.turns.store import Store
from streamer.store import SqlStore
from streamer.store.database.writing import ANSWERS_KEPT, ENDED_PROCESSES_KEPT, JOURNAL_LENGTH

MAIN = RoomId("main")
TALK = SessionId("talk")
RUN = RunId("capture-main-1")
NOON = datetime(2025, 9, 8, 12, 0, 0, 123456, tzinfo=ZoneInfo("Europe/Copenhagen"))

FACTS = SourceFacts(
    video="h264",
    width=1920,
    height=1080,
    rate=Fraction(30000, 1001),
    audio=None,
    gop=2.002,
    bitrate=6_000_000,
    sounds=1,
    tracks=SourceTracks(
        picture=PictureTrack(codec="h264", width=1440, height=1080, sample_aspect="4:3", interlaced=True),
        sounds=(SoundTrack(codec="pcm_alaw", rate=8000, channels=1, language="dan"),),
    ),
)
TAKE = Take(id=RUN, room=MAIN, started=1757325600.25, ended=1757329200.75, cause="killed", facts=FACTS)
PROCESS = ProcessRecord(
    run=RUN,
    job=JobId("capture:main"),
    kind=JobKind.CAPTURE,
    room=MAIN,
    digest="00ff",
    pid=4711,
    start_ticks=2**40,
    started=1757325600.5,
)
EXPORT = replace(PROCESS, run=RunId("export-1"), kind=JobKind.EXPORT, session=TALK, started=1757325700.5)
RECORDING = Recording(
    session=TALK,
    room=MAIN,
    title="Grød, and “quotes” 'n' \\ more: Ω",
    state=RecordingState.PARTIAL,
    start=1757325600.0,
    end=1757329200.0,
    version=3,
    exported="fingerprint",
    coverage=0.9995,
    gaps=(Gap(start=1757325700.0, duration=1.5, cause="a cable"), Gap(start=1757325800.0, duration=0.5, cause="")),
    files=(RecordingFile(name="a.mp4", kind="mp4", path="recordings/talk/a.mp4", bytes=2**33, sha256="ab" * 32),),
    reason="2.0 s are missing",
)


def override(id: str, decision: Decision, by: str = "Ada", undone: datetime | None = None) -> Override:
    return Override(id=OverrideId(id), room=MAIN, at=NOON, by=by, decision=decision, undone=undone)


EXTEND = override("o1", Extend(session=TALK, minutes=2.5))
END = override("o2", End(session=TALK, at=NOON))
BOUNDS = override("o3", Bounds(session=TALK, start=NOON, end=NOON), by="Ora")
CONSENT = override("o0", Consent(session=TALK, record=False), by="Bo", undone=NOON)
TOKEN = Token(name="desk", role=Role.CREW, digest="d1" * 32, created=1.5)


def segment(number: int, take: RunId = RUN) -> Segment:
    start = 2.0 * number
    return Segment(
        take=take,
        number=number,
        path=f"takes/{take}/{number:06}.ts",
        start=start,
        end=start + 2.0,
        wall=1757325600.5 + number,
        sha256="cd" * 32,
        shape="h264 1280x720",
        closed_at=1757325600.0 + start,
        bytes=3_000_000_000,
    )


def entry(revision: int, audience: Audience = Audience.CREW) -> JournalEntry:
    body = {"epoch": "e", "revision": revision, "nested": {"null": None, "list": [1, 2.5, "ø"]}}
    return JournalEntry(audience=audience, revision=revision, at=1757325600.0, kind="health", body=body)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(data=tmp_path / "data")
    await made.open()
    yield made
    await made.close()


async def reopened(store: SqlStore) -> Stored:
    await store.close()
    return await store.open()


def test_it_is_what_the_engine_asks_for(tmp_path: Path) -> None:
    implementation: Store = SqlStore(data=tmp_path)
    assert implementation is not None
    assert list(tmp_path.iterdir()) == []


async def test_a_new_store_is_empty_and_has_an_identity(tmp_path: Path) -> None:
    one, other = SqlStore(data=tmp_path / "one"), SqlStore(data=tmp_path / "other")
    try:
        first, second = await one.open(), await other.open()
        assert first == Stored(
            epoch=first.epoch, node=first.node, revisions={Audience.VIEWER: 0, Audience.CREW: 0}, settings={}
        )
        assert len({first.epoch, first.node, second.epoch, second.node}) == 4
        again = await reopened(one)
        assert (again.epoch, again.node) == (first.epoch, first.node)
        assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700
        assert one.path.stat().st_mode & 0o777 == 0o600
    finally:
        await one.close()
        await other.close()


async def test_everything_survives_a_restart(store: SqlStore) -> None:
    keeps = (Keep(session=TALK, take=RUN, number=0), Keep(session=SessionId("next"), take=RUN, number=0))
    documents = (
        StoredDocument(kind="room", id="main", body={"id": "main", "next": None}),
        StoredDocument(kind="session", id="talk", body={"title": "Grød"}),
    )
    await store.commit(
        Batch(
            processes=[PROCESS, EXPORT],
            takes=[TAKE],
            segments=[segment(0), segment(1)],
            keeps=list(keeps),
            recordings=[RECORDING],
            overrides=[EXTEND, END, BOUNDS, CONSENT],
            documents=list(documents),
            journal=[entry(1), entry(2), entry(1, Audience.VIEWER)],
            settings={"shift": 1.5, "none": None, "rooms": ["main"]},
        )
    )
    stored = await reopened(store)
    assert stored == Stored(
        epoch=stored.epoch,
        node=stored.node,
        processes=(PROCESS, EXPORT),
        takes=(TAKE,),
        segments=(segment(0), segment(1)),
        keeps=tuple(sorted(keeps, key=lambda k: k.session)),
        recordings=(RECORDING,),
        overrides=(EXTEND, END, BOUNDS, CONSENT),
        documents=documents,
        revisions={Audience.CREW: 2, Audience.VIEWER: 1},
        settings={"shift": 1.5, "none": None, "rooms": ["main"]},
    )


async def test_the_same_again_changes_nothing_and_the_newer_wins(store: SqlStore) -> None:
    running = replace(TAKE, ended=None, facts=None)
    batch = Batch(
        processes=[PROCESS],
        takes=[running, TAKE],
        segments=[segment(0)],
        keeps=[Keep(session=TALK, take=RUN, number=0)],
        recordings=[replace(RECORDING, version=1), RECORDING],
        overrides=[EXTEND, END],
        documents=[StoredDocument(kind="room", id="main", body={"n": 1})],
        settings={"n": 1},
    )
    await store.commit(batch)
    await store.commit(batch)
    dropped = replace(EXTEND, undone=NOON + timedelta(minutes=1))
    await store.commit(
        Batch(
            overrides=[dropped],
            settings={"n": 2},
            documents=[
                StoredDocument(kind="room", id="main", body=None),
                StoredDocument(kind="room", id="main", body={"n": 2}),
                StoredDocument(kind="room", id="side", body=None),
            ],
        )
    )
    stored = await reopened(store)
    assert stored.takes == (TAKE,)
    assert stored.segments == (segment(0),)
    assert len(stored.keeps) == 1
    assert stored.recordings == (RECORDING,)
    assert stored.overrides == (dropped, END)
    assert stored.documents == (StoredDocument(kind="room", id="main", body={"n": 2}),)
    assert stored.settings == {"n": 2}


async def test_a_process_that_ended_is_not_among_the_running(store: SqlStore) -> None:
    await store.commit(Batch(processes=[PROCESS, EXPORT]))
    ended = ProcessExit(run=RUN, status=-9, at=1757325700.0, error="the source refused", permanent=True)
    await store.commit(Batch(exits=[ended, ProcessExit(run=RunId("unknown"), status=None, at=1.0)]))
    assert (await reopened(store)).processes == (EXPORT,)


async def test_decisions_keep_their_instant_and_their_order(store: SqlStore) -> None:
    zones = [UTC, ZoneInfo("Europe/Copenhagen"), timezone(timedelta(hours=-9, minutes=-30))]
    same = [replace(END, id=OverrideId(f"z{9 - i}"), at=NOON.astimezone(zone)) for i, zone in enumerate(zones)]
    twice = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Copenhagen"))
    repeated = [replace(END, id=OverrideId(f"f{fold}"), at=twice.replace(fold=fold)) for fold in (0, 1)]
    await store.commit(Batch(overrides=[*repeated, *same]))
    read = await store.overrides()
    assert [o.id for o in read] == ["z9", "z8", "z7", "f0", "f1"]
    assert all(o.at == NOON and o.decision == END.decision for o in read[:3])
    assert read[4].at - read[3].at == timedelta(hours=1)
    assert all(o.at.utcoffset() == timedelta(0) for o in read)
    assert [o.id for o in await store.overrides(limit=2)] == ["f0", "f1"]


async def test_an_instant_without_a_zone_is_refused_with_its_batch(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="no time zone"):
        await store.commit(Batch(overrides=[replace(END, at=NOON.replace(tzinfo=None))], settings={"n": 1}))
    assert (await reopened(store)).settings == {}


async def test_a_batch_of_thousands_is_written_whole(store: SqlStore) -> None:
    segments = [segment(n) for n in range(5_000)]
    keeps = [Keep(session=TALK, take=RUN, number=n) for n in range(5_000)]
    await store.commit(Batch(takes=[TAKE], segments=segments, keeps=keeps))
    stored = await reopened(store)
    assert stored.segments == tuple(segments)
    assert set(stored.keeps) == set(keeps)


async def test_a_kept_segment_cannot_be_deleted(store: SqlStore) -> None:
    keep = Keep(session=TALK, take=RUN, number=1)
    await store.commit(Batch(takes=[TAKE], segments=[segment(0), segment(1)], keeps=[keep]))
    with pytest.raises(StoreError, match="kept for session talk") as refused:
        await store.commit(Batch(deleted_segments=[(RUN, 0), (RUN, 1)], settings={"n": 1}))
    assert refused.value.where == f"segment 1 of take {RUN}"
    stored = await reopened(store)
    assert len(stored.segments) == 2
    assert stored.settings == {}
    await store.commit(Batch(dropped_keeps=[keep], deleted_segments=[(RUN, 0), (RUN, 1)]))
    stored = await reopened(store)
    assert (stored.segments, stored.keeps) == ((), ())


async def test_what_belongs_to_nothing_is_refused(store: SqlStore) -> None:
    for orphan in (Batch(segments=[segment(0)]), Batch(keeps=[Keep(session=TALK, take=RUN, number=0)])):
        orphan.settings["n"] = 1
        with pytest.raises(StoreError, match="FOREIGN KEY"):
            await store.commit(orphan)
    assert (await reopened(store)).settings == {}


async def test_a_revision_is_given_once(store: SqlStore) -> None:
    await store.commit(Batch(journal=[entry(1)]))
    with pytest.raises(StoreError, match="nothing"):
        await store.commit(Batch(journal=[entry(1)], settings={"n": 1}))
    assert await store.journal_since(Audience.CREW, 0, 10) == [entry(1)]
    assert (await reopened(store)).settings == {}


async def test_the_journal_of_a_time(store: SqlStore) -> None:
    entries = [replace(entry(n), at=100.0 * n) for n in range(1, 6)]
    await store.commit(Batch(journal=entries))
    assert await store.journal_between(Audience.CREW, 200.0, 400.0, limit=10) == entries[1:3]
    assert await store.journal_between(Audience.CREW, 0.0, 1000.0, after=2, limit=2) == entries[2:4]
    assert await store.journal_between(Audience.VIEWER, 0.0, 1000.0, limit=10) == []


async def test_catching_up(store: SqlStore) -> None:
    assert await store.journal_since(Audience.VIEWER, 0, 10) == []
    assert await store.journal_since(Audience.VIEWER, 1, 10) is None
    await store.commit(Batch(journal=[entry(n) for n in range(1, 21)]))
    assert await store.journal_since(Audience.CREW, 15, 10) == [entry(n) for n in range(16, 21)]
    assert await store.journal_since(Audience.CREW, 10, 10) == [entry(n) for n in range(11, 21)]
    assert await store.journal_since(Audience.CREW, 9, 10) is None
    assert await store.journal_since(Audience.CREW, 20, 10) == []
    assert await store.journal_since(Audience.CREW, 21, 10) is None
    assert await store.journal_since(Audience.CREW, -5, 100) is None
    assert await store.journal_since(Audience.VIEWER, 0, 10) == []


async def test_the_journal_keeps_its_newest_entries(store: SqlStore) -> None:
    total = JOURNAL_LENGTH + 700
    await store.commit(Batch(journal=[entry(1, Audience.VIEWER)]))
    for first in range(1, total + 1, 1_500):
        await store.commit(Batch(journal=[entry(n) for n in range(first, min(first + 1_500, total + 1))]))
    assert await store.journal_since(Audience.CREW, 0, total) is None
    stored = await reopened(store)
    assert stored.revisions == {Audience.CREW: total, Audience.VIEWER: 1}
    kept = await store.journal_since(Audience.CREW, total - JOURNAL_LENGTH, total)
    assert kept is not None
    assert [e.revision for e in kept] == list(range(total - JOURNAL_LENGTH + 1, total + 1))
    assert await store.journal_since(Audience.CREW, total - JOURNAL_LENGTH - 1, total) is None
    assert await store.journal_since(Audience.VIEWER, 0, 10) == [entry(1, Audience.VIEWER)]


async def test_old_answers_and_ended_processes_go(store: SqlStore) -> None:
    runs = [replace(PROCESS, run=RunId(f"r{n}")) for n in range(ENDED_PROCESSES_KEPT + 5)]
    exits = [ProcessExit(run=p.run, status=0, at=float(n)) for n, p in enumerate(runs)]
    answers = [Answer(key=f"k{n}", asked="", body={"n": n}) for n in range(ANSWERS_KEPT + 5)]
    await store.commit(Batch(processes=[*runs, EXPORT], exits=exits, answers=answers))
    assert (await reopened(store)).processes == (EXPORT,)
    assert await store.answer("k4") is None
    assert await store.answer("k5") == answers[5]


async def test_the_first_answer_stands(store: SqlStore) -> None:
    assert await store.answer("key") is None
    first = Answer(key="key", asked="what", body={"override": None})
    await store.commit(Batch(answers=[first]))
    await store.commit(Batch(answers=[replace(first, asked="else", body={"override": "other"})]))
    assert await store.answer("key") == first


async def test_tokens(store: SqlStore) -> None:
    await store.add_token(TOKEN)
    with pytest.raises(Conflict, match="'desk'"):
        await store.add_token(replace(TOKEN, digest="d2" * 32))
    assert await store.revoke_token("desk", 2.5)
    assert not await store.revoke_token("desk", 3.5)
    assert not await store.revoke_token("nobody", 3.5)
    new = replace(TOKEN, digest="d3" * 32, role=Role.ORGANISER, once=True, created=4.5)
    await store.add_token(new)
    await reopened(store)
    assert await store.tokens() == [replace(TOKEN, revoked=2.5), new]


async def test_two_processes_may_use_one_database(store: SqlStore) -> None:
    """As a command does while the service runs."""
    other = SqlStore(data=store.path.parent)
    try:
        first, second = await reopened(store), await other.open()
        assert first == second
        await asyncio.gather(
            *(store.commit(Batch(settings={f"a{n}": n})) for n in range(20)),
            *(other.commit(Batch(settings={f"b{n}": n})) for n in range(20)),
            *(other.tokens() for _ in range(20)),
        )
    finally:
        await other.close()
    assert len((await reopened(store)).settings) == 40


async def test_a_cancelled_commit_is_whole_and_harms_no_other(store: SqlStore) -> None:
    async def cancelled_after(turns: int, number: int) -> None:
        first = segment(number).number * 10
        batch = Batch(takes=[TAKE], segments=[segment(n) for n in range(first, first + 10)], settings={"n": number})
        task = asyncio.create_task(store.commit(batch))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for number in range(25):
        await cancelled_after(number, number)
    await store.commit(Batch(settings={"after": True}))
    stored = await reopened(store)
    assert stored.settings["after"] is True
    assert len(stored.segments) % 10 == 0
    assert {s.number // 10 for s in stored.segments} >= {stored.settings["n"]}


async def test_a_closed_store_says_so(store: SqlStore) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.commit(Batch(settings={"n": 1}))
    with pytest.raises(StoreError, match="not open"):
        await store.tokens()


async def test_an_empty_batch_needs_no_transaction(store: SqlStore) -> None:
    before = store.path.with_name(store.path.name + "-wal").stat().st_size
    await store.commit(Batch())
    assert store.path.with_name(store.path.name + "-wal").stat().st_size == before
