"""docs/api.md: its tables are made from the operations, and its examples run. As a script, this writes the tables."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from support.service.watching import CLIENT, node
from support.web.described import control_operations, public_operations
from support.web.running_server import RunningServer

from streamer.engine.status.changes import CrewChange
from streamer.web.operations.operation import Operation

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"
SELF = Path(__file__).relative_to(DOCUMENT.parents[1])
_SPACES = re.compile(r"<!-- (\w+): begin -->\n.*?<!-- \1: end -->", re.DOTALL)


def table(operations: Iterable[Operation]) -> str:
    rows = [
        f"| `{one.method} {one.path}` | {one.summary} | {who(one)} |"
        for one in sorted(operations, key=lambda one: (one.path, one.method))
    ]
    return "\n".join(["| operation | what it does | for |", "|---|---|---|", *rows])


def who(one: Operation) -> str:
    if one.path.startswith("/control/"):
        return "the owner of the data folder"
    if one.role is None:
        return "all"
    return f"{one.role}, or on the machine" if one.or_loopback else str(one.role)


def written(text: str) -> str:
    """The document with its tables made anew."""
    public = public_operations()
    known = {(one.method, one.path) for one in public}
    tables = {
        "operations": table(public),
        "control": table(one for one in control_operations() if (one.method, one.path) not in known),
    }
    return _SPACES.sub(lambda m: f"<!-- {m[1]}: begin -->\n\n{tables[m[1]]}\n\n<!-- {m[1]}: end -->", text)


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)


def environment(running: RunningServer) -> dict[str, str]:
    return {**os.environ, "STREAMER": running.url, "TOKEN": running.crew}


async def run(running: RunningServer, *command: str | Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(running), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode == 0, (out + err).decode()
    return out.decode()


def test_the_tables_say_what_the_operations_say() -> None:
    text = DOCUMENT.read_text()
    assert written(text) == text, f"write them anew with: PYTHONPATH=tests python {SELF}"


def test_every_kind_of_change_is_in_the_document() -> None:
    kinds = {kind for one in get_args(CrewChange) for kind in get_args(get_type_hints(one)["kind"])}
    named = set(re.findall(r"^\| `([a-z.]+)` \|.*\| (?:all|crew) \|$", DOCUMENT.read_text(), re.MULTILINE))
    assert named == kinds


@pytest.mark.needs("curl")
@pytest.mark.parametrize(
    ("number", "expected"), [(0, {"name": "Kim"}), (1, {"override": None}), (2, {"hint": "did you mean 'minutes'?"})]
)
async def test_the_examples_for_curl(running: RunningServer, number: int, expected: dict[str, object]) -> None:
    answer = json.loads(await run(running, "sh", "-c", examples("sh")[number]))
    assert {key: answer[key] for key in expected} == expected


async def test_the_example_in_python(running: RunningServer) -> None:
    [source] = examples("python")
    assert await run(running, sys.executable, "-c", source) == "o1 end s1\n"
    [asked] = running.service.decided
    assert asked.key is not None


@asynccontextmanager
async def script(running: RunningServer, source: str, folder: Path) -> AsyncIterator[asyncio.StreamReader]:
    path = folder / "example.mjs"
    path.write_text(source.replace('"socket.io-client"', json.dumps(CLIENT.as_uri())))
    process = await asyncio.create_subprocess_exec(
        node(),
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
        path,
        env=environment(running),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def test_the_example_in_javascript(running: RunningServer, tmp_path: Path) -> None:
    [source] = examples("js")
    async with script(running, source, tmp_path) as heard, asyncio.timeout(60):
        assert await heard.readline() == b"snapshot 3: 2 sessions\n"
        running.service.change("s1", title="New")
        assert await heard.readline() == b"change 4: session.changed New\n"


def test_every_example_is_run() -> None:
    fences = re.findall(r"^```(\w+)$", DOCUMENT.read_text(), re.MULTILINE)
    assert sorted(fences) == ["js", "python", "sh", "sh", "sh"]


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
