"""docs/recording-states.md says what the table of transitions says. Run as a script, this module writes it."""

from __future__ import annotations

from pathlib import Path

from streamer.core.recording.states import MEANINGS, TABLE, RecordingState, diagram

DOCUMENT = Path(__file__).parents[3] / "docs" / "recording-states.md"


def document() -> str:
    meanings = "".join(f"| {state} | {MEANINGS[state]} |\n" for state in RecordingState)
    rows = "".join(f"| {state} | {event.__name__} | {target} |\n" for (state, event), (target, _) in TABLE.items())
    return f"""# The states of a recording

*Status: in force. Generated from `streamer/core/recording/states.py`; do not edit. A test holds it to the code and
says how to write it anew.*

A recording is what is kept of a session and what was made of that. Its state follows from events, by this table and
nothing else. `advance(recording, event)` makes one step.

| state | means |
|---|---|
{meanings}
A recording can be made again: a session that is moved, extended or given other bounds goes on from the state that its
recording had, and the files of the former version stay until the new one is verified. What the table does not know is
an error that carries the recording's story.

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
