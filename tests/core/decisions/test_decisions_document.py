"""docs/decisions.md says what the registry says. Run as a script, this module writes it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from streamer.core.decisions.decision import Decision
from streamer.core.decisions.fields import fields_of
from streamer.core.decisions.registry import DECISIONS

_TYPES = {bool: "true or false", datetime: "time", float: "number", int: "whole number", str: "text"}
DOCUMENT = Path(__file__).parents[3] / "docs" / "decisions.md"


def document() -> str:
    rows = "".join(f"| {' | '.join(_row(kind))} |\n" for kind in DECISIONS)
    undoing = "".join(f"- **{kind.offer.action}**: {kind.offer.undo}\n" for kind in DECISIONS)
    fields = "".join(
        f"| {kind.offer.action} | `{field.name}` | {_TYPES[field.type]} | {'yes' if field.required else 'no'} "
        f"| {field.words} |\n"
        for kind in DECISIONS
        for field in fields_of(kind)
    )
    return f"""# The crew's decisions

*Status: in force. Generated from `streamer/core/decisions/`; do not edit. A test holds it to the code and says how to
write it anew.*

A decision changes the plan and never the timetable. It is logged with its instant and its author (`override` on the
wire), and stored in one commit with its answer before it is answered. Each decision is one module, which holds its
fields, what may be decided now, its effect on the plan and its words. To add one, write its module and name it in
`registry.py`; HTTP, OpenAPI, the command line, the store and this page follow from that.

| decision | what it does | about | HTTP | command | who |
|---|---|---|---|---|---|
{rows}
| decision | field | type | required | meaning |
|---|---|---|---|---|
{fields}
Every decision about a session also takes `if_revision`: it is refused where the session is at another revision.

## Undo

`POST /api/v1/overrides/{{id}}/undo`, or `streamer session undo`, drops a decision: it stays on the log, and the plan is
made again without it from then on. Who may take a decision may undo it.

{undoing}"""


def _row(kind: type[Decision]) -> tuple[str, ...]:
    offer = kind.offer
    command = offer.collection if offer.collection == "recordings" else offer.collection.removesuffix("s")
    if command != offer.action:
        command = f"{command} {offer.action}"
    return (
        offer.action,
        offer.summary,
        kind.target or "nothing in particular",
        f"`POST /api/v1/{offer.path}`",
        f"`streamer {command}`",
        "crew, organisers" if offer.organisers else "crew",
    )


def test_the_document_is_what_the_registry_generates() -> None:
    script = Path(__file__).relative_to(DOCUMENT.parents[1])
    assert DOCUMENT.read_text() == document(), f"write it anew: python {script}"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
