"""Records captured media that can no longer be read, so that a recording's report can list what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict

from streamer.core.base.ids import RunId
from streamer.core.footage.takes import Loss
from streamer.core.records.batch import Batch, Stored

SETTING = "losses"


class Losses:
    """All losses of takes that still exist."""

    def __init__(self, known: Iterable[Loss] = ()) -> None:
        self._all = list(known)

    @classmethod
    def of(cls, stored: Stored) -> Losses:
        takes = {take.id for take in stored.takes}
        known = (Loss(**one) for one in stored.settings.get(SETTING, ()))
        return cls(loss for loss in known if loss.take in takes)

    def add(self, loss: Loss, batch: Batch) -> None:
        self._all.append(loss)
        batch.settings[SETTING] = [asdict(one) for one in self._all]

    def of_takes(self, takes: Collection[RunId]) -> list[Loss]:
        return [loss for loss in self._all if loss.take in takes]
