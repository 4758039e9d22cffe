"""The context in which values are read: the folder of config.toml, and the secrets that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streamer.core.base.redact import redact

_LONGEST_SECRET = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """``folder`` is where relative paths begin; ``file`` is config.toml. Collects the secrets that were read, and the
    ``files`` that have secrets in them.

    Without ``resolve`` no secret is read: values such as ``env:NAME`` stay as they are written.
    """

    folder: Path
    environ: Mapping[str, str]
    file: Path | None = None
    resolve: bool = True
    secrets: list[str] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)

    def secret(self, text: str, written_as: str = "{}") -> str:
        """``text``, or the value that ``env:NAME`` or ``file:PATH`` names. Raises ValueError where it is missing."""
        kind, _, name = text.partition(":")
        if kind == "env":
            found = self.environ.get(name, "").strip()
            if not found:
                raise ValueError(f"the environment variable {name} is not set")
        elif kind == "file":
            path = self.folder / Path(name).expanduser()
            found = _first_line(path)
            self.files.add(path)
        else:
            self.notice(written_as.format(text))
            return text
        self.secrets.append(found)
        return found

    def notice(self, text: str) -> None:
        """Record whether a value that is written in config.toml has a secret in it."""
        if self.file is not None and redact(text) != text:
            self.files.add(self.file)


def is_reference(text: str) -> bool:
    """Whether a value names a secret, and is not the value itself."""
    return text.startswith(("env:", "file:"))


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
