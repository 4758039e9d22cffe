"""Text for FFmpeg's filter graphs: one filter with its options, and values that may hold any character.

FFmpeg reads a value twice, once within the options and once within the graph, and both readings drop a backslash.
"""

from __future__ import annotations


def filter_text(name: str, /, *positional: str | float, **options: str | float) -> str:
    """A filter as the graph's syntax wants it, its values escaped; ``None`` values are not possible on purpose."""
    given = [escaped(value) for value in positional] + [f"{key}={escaped(value)}" for key, value in options.items()]
    return f"{name}={':'.join(given)}" if given else name


def escaped(value: str | float) -> str:
    """A value such that a graph's two readings give it back."""
    return _backslashed(_backslashed(str(value), "\\':"), "\\'[],;")


def _backslashed(text: str, special: str) -> str:
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)
