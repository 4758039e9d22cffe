"""A batch of turns that could not be written: the last word about a keep counts."""

from __future__ import annotations

from dataclasses import fields

from streamer.core.base.ids import RunId, SessionId
from streamer.core.footage.takes import Keep
from streamer.core.records.batch import Batch

KEEP = Keep(session=SessionId("a"), take=RunId("take"), number=1)


def test_a_keep_that_is_set_and_dropped_is_dropped() -> None:
    batch = Batch()
    batch.keep(KEEP)
    batch.drop(KEEP)
    assert (batch.keeps, batch.dropped_keeps) == ([], [KEEP])


def test_a_keep_that_is_dropped_and_set_again_stands() -> None:
    batch = Batch()
    batch.drop(KEEP)
    batch.keep(KEEP)
    assert (batch.keeps, batch.dropped_keeps) == ([KEEP], [])


def test_a_batch_is_empty_until_any_of_its_fields_is_filled() -> None:
    assert not Batch()
    for field in fields(Batch):
        filled = Batch()
        setattr(filled, field.name, {"a": 1} if field.name == "settings" else [KEEP])
        assert filled, field.name
