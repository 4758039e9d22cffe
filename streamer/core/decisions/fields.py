"""The fields of a decision: types, limits and descriptions, read from its dataclass.

A field is written as ``Annotated[float, Words("…"), Within(…)]``. Validation, descriptions and commands are derived
from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from streamer.core.decisions.decision import Decision

TYPES = (bool, datetime, float, int, str)
"""The types of a field; None if it may be left out."""


@dataclass(frozen=True, slots=True)
class Words:
    """The description of a field for users."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The least and the greatest value of a number."""

    least: float
    most: float
    unit: str


@dataclass(frozen=True, slots=True)
class Longest:
    """The greatest length of a text, in characters."""

    characters: int


@dataclass(frozen=True, slots=True)
class Wire:
    """The name of a field on the wire, where Python can't have it."""

    name: str


@dataclass(frozen=True, slots=True)
class HttpOnly:
    """A field that the command line does not offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. ``name`` is the one on the wire, ``attribute`` that of the dataclass; ``type`` is one of ``TYPES``."""

    name: str
    attribute: str
    type: type
    required: bool
    words: str = ""
    within: Within | None = None
    longest: int | None = None
    http_only: bool = False


@cache
def fields_of(kind: type[Decision]) -> tuple[Field, ...]:
    """The fields of a kind of decision in order, without its target."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        _field(f.name, hints[f.name], required=f.default is MISSING) for f in fields(kind) if f.name != kind.target
    )


def _field(name: str, hint: Any, *, required: bool) -> Field:
    bare, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    union = get_args(bare) if get_origin(bare) is UnionType else (bare,)
    options = [one for one in union if one is not NoneType]
    if len(options) != 1 or options[0] not in TYPES:
        raise TypeError(f"field {name} is {bare}, and a decision's field has to be one of {TYPES}")
    wire = next((note.name for note in notes if isinstance(note, Wire)), name)
    return Field(
        name=wire,
        attribute=name,
        type=options[0],
        required=required,
        words=next((note.text for note in notes if isinstance(note, Words)), ""),
        within=next((note for note in notes if isinstance(note, Within)), None),
        longest=next((note.characters for note in notes if isinstance(note, Longest)), None),
        http_only=any(isinstance(note, HttpOnly) for note in notes),
    )


def attributes(kind: type[Decision], said: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the names of the wire as arguments of the dataclass; other names stay."""
    names = {field.name: field.attribute for field in fields_of(kind)}
    return {names.get(name, name): value for name, value in said.items()}
