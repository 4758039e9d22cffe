"""docs/job-states.md says what the table of transitions says. Run as a script, this module writes it."""

from __future__ import annotations

from pathlib import Path

from streamer.core.jobs.lifecycle import FIRST_RETRY, LONGEST_RETRY, STABLE_AFTER, TABLE, diagram

DOCUMENT = Path(__file__).parents[3] / "docs" / "job-states.md"


def document() -> str:
    rows = "".join(f"| {state} | {event.__name__} | {target} |\n" for (state, event), (target, _) in TABLE.items())
    return f"""# The states of a job

*Status: in force. Generated from `streamer/core/jobs/lifecycle.py`; do not edit. A test holds it to the code and
says how to write it anew.*

A job is one FFmpeg process with a purpose. What is *wanted* of it is a `JobSpec`; what it *is* follows from events,
by this table and nothing else. `advance(job, event, now)` makes one step and returns what is to be done about it.

| state | means |
|---|---|
| exited | there is no process, and none is waited for: it never ran, was stopped, or has done its work |
| starting | a process was asked for; no media has come of it yet |
| running | media flows |
| stopping | the process was asked to end and has not ended yet |
| backoff | it ended by itself; it is started again after {FIRST_RETRY:g} s, doubling up to {LONGEST_RETRY:g} s |
| failed | it ended and trying again can't help; it waits for another spec |

A run of {STABLE_AFTER:g} s makes the backoff begin anew. A stalled process is stopped and then started again, unless
nobody wants it any more by then. The end of an earlier run changes nothing. What the table does not know is an
error that carries the job's story.

```mermaid
{diagram()}```

| state | event | next state |
|---|---|---|
{rows}"""


def test_the_document_is_what_the_table_generates() -> None:
    script = Path(__file__).relative_to(DOCUMENT.parents[1])
    assert DOCUMENT.read_text() == document(), f"write it anew: python {script}"


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document())
