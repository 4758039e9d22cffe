"""Short-lived child processes: a probe, a thumbnail, a slate. The launcher starts the others.

A child never outlives its call: its deadline and a cancelled task end it, with every process of its group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamer.core.base.errors import MediaError


class TookTooLong(MediaError):
    """A child was ended at its deadline."""

    temporary = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    status: int
    output: bytes
    errors: str


async def run_once(
    argv: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    nice: int = 0,
    log: Path | None = None,
) -> Finished:
    """Run to the end and collect what was printed; with ``nice`` (1 to 19) behind what else wants the processor. Errors
    are written to ``log``, if one is named, which can be read after a timeout too.

    Raises TookTooLong after ``timeout`` seconds, MediaError where it can't be started."""
    try:
        with contextlib.nullcontext(asyncio.subprocess.PIPE) if log is None else log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *(("nice", "-n", str(nice)) if nice else ()),
                *argv,
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
    except OSError as error:
        raise MediaError(f"{argv[0]} can't be started: {error.strerror}", hint="check the FFmpeg path") from error
    try:
        async with asyncio.timeout(timeout):
            output, errors = await process.communicate(stdin)
    except TimeoutError as error:
        raise TookTooLong(f"{Path(argv[0]).name} did not finish within {timeout:g} s") from error
    finally:
        await _end(process)
    assert process.returncode is not None
    said = errors if log is None else await asyncio.to_thread(log.read_bytes)
    return Finished(status=process.returncode, output=output, errors=said.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the group; reap the child even while our own task is being cancelled."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())
