"""Reads a file into values, or into all its errors."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from streamer.config.context import ReadingContext
from streamer.config.model import Config
from streamer.config.problems import Text, collisions, problems_of
from streamer.core.base.errors import ConfigError
from streamer.core.base.toml_lines import TomlLines

_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


def load(path: Path, environ: Mapping[str, str] = os.environ, *, resolve: bool = True) -> Config:
    """The configuration in a file; an empty one is valid. Raises ConfigError for the first error.

    Without ``resolve``, secrets that the file names are not read; values such as ``env:NAME`` stay as they are written.
    """
    config, wrong = _read(path, environ, resolve)
    if config is None:
        raise wrong[0]
    return config


def problems(path: Path, environ: Mapping[str, str] = os.environ) -> list[ConfigError]:
    """All errors of a file; empty where it can be loaded."""
    return _read(path, environ, True)[1]


def _read(path: Path, environ: Mapping[str, str], resolve: bool) -> tuple[Config | None, list[ConfigError]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        hint = "name one with --config PATH or $STREAMER_CONFIG"
        if isinstance(error, FileNotFoundError):
            hint += ", or make one: streamer init"
        return None, [ConfigError(f"it can't be read: {error.strerror}", where=str(path), hint=hint)]
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        return None, [ConfigError(message, where=str(path), hint="save the file as UTF-8")]
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax(path, text, error)]
    surroundings = ReadingContext(folder=path.absolute().parent, environ=environ, file=path.absolute(), resolve=resolve)
    sections: dict[str, object] = {name: {} for name, field in Config.model_fields.items() if field.is_required()}
    written = Text(path=path, lines=TomlLines(text), document=document)
    try:
        config = Config.model_validate(sections | document, context=surroundings)
    except ValidationError as error:
        return None, problems_of(error, written)
    wrong = list(collisions(config, written))
    return (None, wrong) if wrong else (config, [])


def _syntax(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ConfigError:
    said = str(error)
    place = _TOML_PLACE.search(said)
    told = place is not None and place[1] is not None
    line = place[1] if place is not None and told else TomlLines(text).unclosed
    return ConfigError(
        f"this is not TOML: {_TOML_PLACE.sub('', said)}",
        where=f"{path}:{line}",
        hint='a key is written as key = "text", key = 5 or key = true' if told else "a bracket or quote is not closed",
    )
