"""Writes a batch and prunes old rows. Runs inside a transaction of its caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Insert, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RunId
from streamer.core.records.batch import Batch
from streamer.core.records.journal import Audience
from streamer.core.trust.versions import TimetableVersion
from streamer.store.database import rows
from streamer.store.database.rows import Columns
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
    takes,
    timetable_versions,
)

JOURNAL_LENGTH = 20_000
"""Entries that an audience can catch up on; a client that missed more gets a snapshot."""
ANSWERS_KEPT = 5_000
ENDED_PROCESSES_KEPT = 1_000
VERSIONS_KEPT = 100
"""Versions of the timetable that are listed with their state."""
TIMETABLES_KEPT = 50
"""Versions that are stored whole, for a roll-back."""


def write(connection: Connection, batch: Batch, node: str) -> None:
    """Everything in ``batch``. Rows that exist are replaced; journal entries may not exist, answers stay.

    A keep that is both dropped and set is there afterwards; a segment that is both added and deleted is gone.
    """
    _write_processes(connection, batch, node)
    _write_media(connection, batch, node)
    _write_programme(connection, batch, node)


def prune(connection: Connection) -> None:
    """Keep the newest journal entries, answers and ended processes."""
    for audience in Audience:
        newest = connection.scalar(select(func.max(journal.c.revision)).where(journal.c.audience == audience)) or 0
        old = (journal.c.audience == audience) & (journal.c.revision <= newest - JOURNAL_LENGTH)
        connection.execute(delete(journal).where(old))
    newest = connection.scalar(select(func.max(answers.c.position))) or 0
    connection.execute(delete(answers).where(answers.c.position <= newest - ANSWERS_KEPT))
    ended = select(processes.c.ended).where(processes.c.ended.is_not(None)).order_by(processes.c.ended.desc())
    horizon = connection.scalar(ended.offset(ENDED_PROCESSES_KEPT).limit(1))
    if horizon is not None:
        connection.execute(delete(processes).where(processes.c.ended <= horizon))


def _write_processes(connection: Connection, batch: Batch, node: str) -> None:
    _upsert(connection, processes, [rows.process_columns(p) | {"node": node} for p in batch.processes])
    if batch.exits:
        ending = update(processes).where(processes.c.run == bindparam("ended_run"))
        connection.execute(ending, [rows.exit_columns(e) for e in batch.exits])


def _write_media(connection: Connection, batch: Batch, node: str) -> None:
    _upsert(connection, takes, [rows.take_columns(t) | {"node": node} for t in batch.takes])
    _upsert(connection, segments, [rows.segment_columns(s, node) for s in batch.segments])
    if batch.dropped_keeps:
        named = (
            (keeps.c.take == bindparam("of_take"))
            & (keeps.c.number == bindparam("of_number"))
            & (keeps.c.session == bindparam("of_session"))
        )
        dropped = [{"of_take": k.take, "of_number": k.number, "of_session": k.session} for k in batch.dropped_keeps]
        connection.execute(delete(keeps).where(named), dropped)
    kept = [{"take": k.take, "number": k.number, "session": k.session, "node": node} for k in batch.keeps]
    _insert_new(connection, keeps, kept)
    if batch.deleted_segments:
        _delete_segments(connection, batch.deleted_segments)
    if batch.deleted_takes:
        gone = [{"of_take": take} for take in batch.deleted_takes]
        connection.execute(delete(takes).where(takes.c.id == bindparam("of_take")), gone)
    _upsert(connection, recordings, [rows.recording_columns(r) | {"node": node} for r in batch.recordings])


def _delete_segments(connection: Connection, gone: Sequence[tuple[RunId, int]]) -> None:
    """A foreign key refuses if a keep refers to a segment; the error then says which."""
    one = (segments.c.take == bindparam("of_take")) & (segments.c.number == bindparam("of_number"))
    named = [{"of_take": take, "of_number": number} for take, number in gone]
    try:
        with connection.begin_nested():
            connection.execute(delete(segments).where(one), named)
    except IntegrityError as error:
        for take, number in gone:
            standing = select(keeps.c.session).where(keeps.c.take == take, keeps.c.number == number)
            if (session := connection.scalar(standing)) is not None:
                meaning = f"it is kept for session {session} and can't be deleted; nothing of this batch was written"
                raise StoreError(meaning, where=f"segment {number} of take {take}") from error
        raise


def _write_versions(connection: Connection, versions: Sequence[TimetableVersion], node: str) -> None:
    """A version without its timetable keeps the stored one. The oldest are pruned."""
    if not versions:
        return
    table = timetable_versions
    last = {v.id: rows.version_columns(v) | {"node": node} for v in versions}
    whole = {v.id: v.timetable for v in versions if v.timetable is not None}
    _upsert(connection, table, [c | {"timetable": whole[id]} for id, c in last.items() if id in whole])
    rest = [{k: v for k, v in c.items() if k != "timetable"} for id, c in last.items() if id not in whole]
    _upsert(connection, table, rest)
    newest = max(last)
    connection.execute(delete(table).where(table.c.id <= newest - VERSIONS_KEPT))
    old = (table.c.id <= newest - TIMETABLES_KEPT) & table.c.timetable.is_not(None)
    connection.execute(update(table).where(old).values(timetable=None))


def _write_programme(connection: Connection, batch: Batch, node: str) -> None:
    _write_versions(connection, batch.versions, node)
    _upsert(connection, overrides, [rows.override_columns(o) | {"node": node} for o in batch.overrides], by=["id"])
    _insert_new(connection, answers, [asdict(answer) for answer in batch.answers], by=["key"])
    last = {(d.kind, d.id): d.body for d in batch.documents}
    bodies = [{"kind": kind, "id": id, "body": body} for (kind, id), body in last.items() if body is not None]
    _upsert(connection, documents, bodies)
    gone = [{"of_kind": kind, "of_id": id} for (kind, id), body in last.items() if body is None]
    if gone:
        named = (documents.c.kind == bindparam("of_kind")) & (documents.c.id == bindparam("of_id"))
        connection.execute(delete(documents).where(named), gone)
    if batch.journal:
        connection.execute(insert(journal), [rows.entry_columns(e) | {"node": node} for e in batch.journal])
    _upsert(connection, settings, [{"name": name, "value": value} for name, value in batch.settings.items()])


def _upsert(connection: Connection, table: Table, new: Sequence[Columns], by: Sequence[str] = ()) -> None:
    """Insert rows of equal columns; replace those that exist. ``by`` names the key columns."""
    if not new:
        return
    key = list(by) or [c.name for c in table.primary_key]
    others = [name for name in new[0] if name not in key]
    statement = _insert_for(connection, table)
    replaced: Any = {name: statement.excluded[name] for name in others}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=replaced), list(new))


def _insert_new(connection: Connection, table: Table, new: Sequence[Columns], by: Sequence[str] = ()) -> None:
    """Insert rows; leave those that exist as they are."""
    if not new:
        return
    key = list(by) or [c.name for c in table.primary_key]
    statement: Insert = _insert_for(connection, table).on_conflict_do_nothing(index_elements=key)
    connection.execute(statement, list(new))


def _insert_for(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Both databases have ON CONFLICT; SQLAlchemy spells it once for each."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
