"""No test replaces an attribute of the product: what a test needs to be different is a parameter."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent
ON_PURPOSE = {"test_replay.py"}
"""Breaks the engine, to see that the replay finds out."""
_PATCHING = {"setattr", "delattr", "setitem", "delitem", "patch"}


def patched(source: str) -> list[int]:
    """The lines that replace an attribute of another object by its name."""
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [name.lineno for name in called if isinstance(name, ast.Attribute) and name.attr in _PATCHING]


def test_no_test_replaces_what_it_tests() -> None:
    files = [path for path in TESTS.rglob("*.py") if path.name not in ON_PURPOSE]
    found = [f"{path.relative_to(TESTS)}:{line}" for path in files for line in patched(path.read_text())]
    assert found == [], "pass a value in; do not replace it"


def test_a_replaced_attribute_is_found() -> None:
    assert patched("def test(monkeypatch):\n    monkeypatch.setattr(module, 'NAME', 1)\n") == [2]
    assert patched("def test(monkeypatch):\n    monkeypatch.setenv('NAME', '1')\n") == []
