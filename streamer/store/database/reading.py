"""Reads what is stored. Runs inside a transaction of its caller, so everything is from one instant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

from streamer.core.base.json import Document
from streamer.core.decisions.override import Override
from streamer.core.records.batch import Answer, Stored
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Token
from streamer.store.database import rows
from streamer.store.database.tables import (
    answers,
    documents,
    journal,
    keeps,
    overrides,
    processes,
    recordings,
    segments,
    settings,
    sign_ins,
    takes,
    timetable_versions,
    tokens,
)

SEGMENT_COLUMNS = ("take", "number", "path", "start", "end", "closed_at", "bytes", "wall", "sha256", "shape")
"""The columns in the order that :func:`streamer.store.database.rows.segment_of` expects."""
_Value = TypeVar("_Value")


def read_all(connection: Connection, *, node: str, epoch: str) -> Stored:
    """The state of a former run: processes and files of this node, everything else of all nodes."""
    running = select(processes).where(processes.c.node == node, processes.c.ended.is_(None))
    of_node = select(takes).where(takes.c.node == node)
    files = select(*(segments.c[name] for name in SEGMENT_COLUMNS))
    files = files.where(segments.c.node == node).order_by(segments.c.take, segments.c.number)
    seen = select(*(timetable_versions.c[name] for name in ("id", "at", "state", "body")))
    kept = select(keeps.c.session, keeps.c.take, keeps.c.number).where(keeps.c.node == node)

    def each(wanted: Select[Any], made: Callable[[Row[Any]], _Value]) -> tuple[_Value, ...]:
        return tuple(made(row) for row in connection.execute(wanted).all())  # all: five times as fast

    return Stored(
        epoch=epoch,
        node=node,
        processes=each(running.order_by(processes.c.started), rows.process_of),
        takes=each(of_node.order_by(takes.c.started), rows.take_of),
        segments=each(files, rows.segment_of),
        keeps=each(kept.order_by(keeps.c.take, keeps.c.number), rows.keep_of),
        recordings=each(select(recordings).order_by(recordings.c.start), rows.recording_of),
        overrides=tuple(read_overrides(connection)),
        documents=each(select(documents), rows.document_of),
        versions=each(seen.order_by(timetable_versions.c.id), rows.version_of),
        revisions=_revisions(connection),
        settings={row.name: row.value for row in connection.execute(select(settings))},
    )


def _revisions(connection: Connection) -> dict[Audience, int]:
    newest = select(journal.c.audience, func.max(journal.c.revision)).group_by(journal.c.audience)
    return dict.fromkeys(Audience, 0) | {Audience(name): revision for name, revision in connection.execute(newest)}


def read_journal(connection: Connection, audience: Audience, after: int, limit: int) -> list[JournalEntry] | None:
    """The entries after a revision; None if they are too many or incomplete, or the revision is ahead."""
    newest = _revisions(connection)[audience]
    missed = newest - after
    if missed < 0 or missed > limit:
        return None
    wanted = select(journal).where(journal.c.audience == audience, journal.c.revision > after)
    entries = [rows.entry_of(row) for row in connection.execute(wanted.order_by(journal.c.revision))]
    return entries if len(entries) == missed else None


def read_journal_between(
    connection: Connection, audience: Audience, times: tuple[float, float], after: int, limit: int
) -> list[JournalEntry]:
    """The first ``limit`` entries after a revision that were announced in [start, end) (Unix s), in order."""
    start, end = times
    wanted = select(journal).where(journal.c.audience == audience, journal.c.revision > after)
    wanted = wanted.where(journal.c.at >= start, journal.c.at < end).order_by(journal.c.revision).limit(limit)
    return [rows.entry_of(row) for row in connection.execute(wanted)]


def read_overrides(connection: Connection, limit: int | None = None) -> list[Override]:
    """The latest, oldest first."""
    latest = select(overrides).order_by(overrides.c.at.desc(), overrides.c.position.desc()).limit(limit)
    return [rows.override_of(row) for row in connection.execute(latest)][::-1]


def read_answer(connection: Connection, key: str) -> Answer | None:
    row = connection.execute(select(answers).where(answers.c.key == key)).one_or_none()
    return rows.answer_of(row) if row is not None else None


def read_timetable(connection: Connection, version: int) -> Document | None:
    wanted = select(timetable_versions.c.timetable).where(timetable_versions.c.id == version)
    whole: Document | None = connection.scalar(wanted)
    return whole


def read_tokens(connection: Connection) -> list[Token]:
    return [rows.token_of(row) for row in connection.execute(select(tokens).order_by(tokens.c.position))]


def read_sign_ins(connection: Connection) -> list[SignIn]:
    return [rows.sign_in_of(row) for row in connection.execute(select(sign_ins).order_by(sign_ins.c.created))]
