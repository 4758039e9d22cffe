"""Takes up what a former run left: the index as the disk proves it, and the recordings."""

from __future__ import annotations

from collections.abc import Collection

from streamer.core.jobs.processes import ProcessRecord
from streamer.core.plan.plan import Plan
from streamer.core.records.batch import Stored
from streamer.engine.footage.archive import Archive
from streamer.engine.footage.recovery import Recovered, Recovery, Salvage
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.recordings.recordings import Recordings


async def take_up(
    stored: Stored,
    survivors: Collection[ProcessRecord],
    takes: TakeReader,
    salvage: Salvage,
    archive: Archive,
    recordings: Recordings,
    plan: Plan,
) -> Recovered:
    """Bring index and disk into agreement, and fill ``archive`` and ``recordings``. What the store does not know yet is
    in the batch of the result. Raises StoreError where the disk with the takes seems not to be there."""
    recovered = await Recovery(stored, survivors, takes, salvage).run()
    await archive.restore(recovered, [record.run for record in survivors])
    bereft = {keep.session for keep in recovered.batch.dropped_keeps}
    recordings.restore(recovered.stored.recordings, bereft, plan, recovered.batch)
    return recovered
