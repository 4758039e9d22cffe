"""Restores the takes and recordings of a former run, after checking the index against the disk."""

from __future__ import annotations

from collections.abc import Collection

from streamer.core.jobs.processes import ProcessRecord
from streamer.core.plan.plan import Plan
from streamer.core.records.batch import Stored
from streamer.engine.footage.archive import Archive
from streamer.engine.footage.recovery import Recovered, Recovery, Salvage
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.recordings.recordings import Recordings


async def restore_former_run(
    stored: Stored,
    survivors: Collection[ProcessRecord],
    takes: TakeReader,
    salvage: Salvage,
    archive: Archive,
    recordings: Recordings,
    plan: Plan,
) -> Recovered:
    """Reconcile index and disk, and fill ``archive`` and ``recordings``. The result's batch has what the store does not
    have yet. Raises StoreError if the disk with the takes seems to be missing."""
    recovered = await Recovery(stored, survivors, takes, salvage).run()
    await archive.restore(recovered, [record.run for record in survivors])
    bereft = {keep.session for keep in recovered.batch.dropped_keeps}
    recordings.restore(recovered.stored.recordings, bereft, plan, recovered.batch)
    return recovered
