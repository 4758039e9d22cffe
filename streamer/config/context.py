"""The context in which values are read: the folder of config.toml, and the secrets that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_SECRET = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """``folder`` is that of config.toml; collects the secrets that were read."""

    folder: Path
    environ: Mapping[str, str]
    secrets: list[str] = field(default_factory=list)

    def secret(self, text: str) -> str:
        """``text``, or the value that ``env:NAME`` or ``file:PATH`` names. Raises ValueError where it is missing."""
        kind, _, name = text.partition(":")
        if kind == "env":
            found = self.environ.get(name, "").strip()
            if not found:
                raise ValueError(f"the environment variable {name} is not set")
        elif kind == "file":
            found = _first_line(self.folder / Path(name).expanduser())
        else:
            return text
        self.secrets.append(found)
        return found


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_SECRET + 1).decode().strip()
    except OSError as error:
        raise ValueError(f"the file {path} with the secret can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        content = ""
    if not content or len(content) > _LONGEST_SECRET or not content.isprintable():
        raise ValueError(
            f"the file {path} does not have exactly one line; file: is for secrets, name other files without it"
        )
    return content
