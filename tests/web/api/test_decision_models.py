"""Bodies and commands are derived for any decision: about a session, a room or nothing, with fields of every type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

import click
import pytest
from pydantic import ValidationError

from streamer.commands.session.derived import decision_command
from streamer.core.decisions.decision import Decision, Moment, Offer, RoomDecision
from streamer.core.decisions.fields import HttpOnly, Within, Words
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.plan.draft import Draft
from streamer.web.api.decision_models import body_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(RoomDecision):
    """A decision about a room that there is only here."""

    offer: ClassVar[Offer] = Offer(
        action="silence", path="rooms/{id}/silence", operation="silence", summary="Silence a room", undo="It is heard."
    )

    times: Annotated[int, Words("How often"), Within(least=1, most=3, unit="times")] = 1
    secret: Annotated[bool, Words("Not for the command line"), HttpOnly()] = False

    def check(self, moment: Moment) -> None: ...

    def amend(self, draft: Draft, taken: datetime) -> None: ...

    def describe(self) -> str:
        return f"silence {self.room}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(Decision):
    """A decision about nothing that there is only here."""

    offer: ClassVar[Offer] = Offer(
        action="announce", path="announcements", operation="announce", summary="Announce", undo="It is not said."
    )

    text: Annotated[str, Words("What")]
    until: Annotated[datetime | None, Words("Until when")] = None

    def check(self, moment: Moment) -> None: ...

    def amend(self, draft: Draft, taken: datetime) -> None: ...

    def describe(self) -> str:
        return f"announce {self.text}"


def body_schema(kind: type[Decision] | None) -> dict[str, Any]:
    whole = body_model(kind).model_json_schema()
    properties = {
        name: {key: value for key, value in one.items() if key not in ("title", "default")}
        for name, one in whole["properties"].items()
    }
    return {**whole, "properties": properties}


def test_only_what_is_about_a_session_knows_its_revision() -> None:
    assert "if_revision" in body_schema(Extend)["properties"]
    assert "if_revision" in body_schema(None)["properties"], "undo is about a session, too"
    assert list(body_schema(Silence)["properties"]) == ["times", "secret"]
    assert list(body_schema(Announce)["properties"]) == ["text", "until"]


def test_limits_words_and_types_are_those_of_the_fields() -> None:
    schema = body_schema(Silence)["properties"]["times"]
    assert (schema["minimum"], schema["maximum"], schema["description"]) == (1, 3, "How often")
    until = body_schema(Announce)["properties"]["until"]
    assert until == {"type": "string", "format": "date-time", "description": "Until when"}
    assert body_schema(Announce)["required"] == ["text"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Silence, {"times": 4}),
        (Silence, {"times": 0}),
        (Silence, {"times": 1.5}),
        (Silence, {"times": True}),
        (Silence, {"room": "side"}),
        (Announce, {}),
        (Announce, {"text": " "}),
        (Announce, {"text": 5}),
        (Announce, {"text": "x", "until": "12:00"}),
        (Announce, {"text": "x", "until": None}),
    ],
)
def test_a_body_is_held_to_them_strictly(kind: type[Decision], body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        body_model(kind).model_validate(body)


def test_a_command_has_the_target_and_the_fields() -> None:
    silence, announce = decision_command(Silence), decision_command(Announce)
    assert [p.name for p in silence.params if isinstance(p, click.Argument)] == ["id"]
    assert {"times", "preview", "if_revision", "as_json"} <= {p.name for p in silence.params}
    assert "secret" not in {p.name for p in silence.params}
    assert [p.name for p in announce.params if isinstance(p, click.Argument)] == ["text"]
