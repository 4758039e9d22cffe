"""The mutants of a module: each is one slip, and what tests can't hold is left alone."""

from __future__ import annotations

import ast

import pytest

from bench.mutants import mutants_of, mutated


def made(source: str) -> list[str]:
    """The module with each of its slips."""
    return [ast.unparse(mutated(source, mutant)) for mutant in mutants_of(source)]


@pytest.mark.parametrize(
    ("source", "slips"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a is not None", ["a is None"]),
        ("a and b", ["a or b"]),
        ("not a", ["not not a"]),
        ("a + b", ["a - b"]),
        ("a += b", ["pass", "a -= b"]),
        ("x = 3", ["x = 4"]),
        ("x = True", ["x = False"]),
        ("x = min(a, b)", ["x = max(a, b)"]),
        ("x = a if b else c", ["x = a if not b else c"]),
        ("sync(path)", ["pass"]),
        ("self.full = full", ["pass"]),
        ("del known[key]", ["pass"]),
    ],
)
def test_the_slips_of_a_line(source: str, slips: list[str]) -> None:
    assert made(source) == slips


def test_an_answer_may_be_forgotten_and_an_error_not_raised() -> None:
    source = "def f(a):\n    if a:\n        raise ValueError(a)\n    return g(a)"
    assert made(source) == [
        "def f(a):\n    if not a:\n        raise ValueError(a)\n    return g(a)",
        "def f(a):\n    if a:\n        pass\n    return g(a)",
        "def f(a):\n    if a:\n        raise ValueError(a)\n    return None",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "log.error('%s: %d', path, 1 + 2)",
        "x: int | None",
        "Network = Four | Six",
        "raise ValueError(f'{a + b}')",
        "text = 'a' + b",
        "from a import b",
        "if TYPE_CHECKING:\n    from a import b",
        "x = field(repr=False)",
        "@dataclass(frozen=True)\nclass A:\n    x: int",
    ],
)
def test_words_and_types_are_left_alone(source: str) -> None:
    assert [slip for slip in made(source) if slip != "pass"] == []


def test_a_slip_names_its_line() -> None:
    assert [mutant.line for mutant in mutants_of("def f(a):\n    a.b()\n    return a > 1")] == [2, 3, 3, 3, 3]
