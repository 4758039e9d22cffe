from __future__ import annotations

import pytest

from streamer.core.base.toml_lines import Location, TomlLines

TEXT = '''\
title = "a # [b]"   # 1

[conference]        # 3
rooms = [           # 4
  "[[sessions]]",
]
text = """
[capture]
end = 1
"""
[a."b.c"]           # 11
d.e = { f = 1 }     # 12

[[sessions]]        # 14
id = "one"          # 15
[sessions.more]     # 16
x = 1               # 17
[[sessions]]        # 18
[[sessions.parts]]  # 19
[[sessions.parts]]  # 20
\'id\' = "two"        # 21
'''


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("title",), 1),
        (("conference",), 3),
        (("conference", "rooms"), 4),
        (("conference", "rooms", 0), 4),
        (("conference", "text"), 7),
        (("conference", "end"), 3),
        (("capture",), None),
        (("a", "b.c"), 11),
        (("a", "b.c", "d", "e", "f"), 12),
        (("sessions",), 14),
        (("sessions", 0), 14),
        (("sessions", 0, "id"), 15),
        (("sessions", 0, "more", "x"), 17),
        (("sessions", 1), 18),
        (("sessions", 1, "id"), 18),
        (("sessions", 1, "parts", 0), 19),
        (("sessions", 1, "parts", 1, "id"), 21),
        ((), None),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines(location: Location, line: int | None, newline: str) -> None:
    assert TomlLines(TEXT.replace("\n", newline)).line_of(location) == line


@pytest.mark.parametrize("text", ["a = 1\n\nb = [\n1,\n", 'a = 1\n\nb = """\n[c]\nd = 1'])
def test_a_statement_that_does_not_end(text: str) -> None:
    lines = TomlLines(text)
    assert lines.unclosed == 3
    assert lines.line_of(("a",)) == 1


def test_an_array_of_endless_lines_costs_the_lines_behind_it() -> None:
    lines = TomlLines("a = 1\nb = [\n" + "[1],\n" * 100_000 + "]\nc = 1\n")
    assert [lines.line_of((key,)) for key in "abc"] == [1, None, None]
