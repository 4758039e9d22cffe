"""How workers share the test files: tests that wait for real time run beside tests that compute.

A worker stays in the folder where it is, because a folder's session fixtures are built once a worker and some of them
take ten seconds. The folders that wait come first, each for a few workers, so that their media has its processor time.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

WORKERS = {"end_to_end": 2, "media": 1, "commands": 1}
"""The folders that wait for real time, the longest first, and how many workers they take to begin with."""


def folder_of(file: str) -> str:
    """The folder below tests/; empty for a file that lies in tests/ itself."""
    _, *folders, _ = PurePosixPath(file).parts
    return folders[0] if folders else ""


class Sharing(LoadFileScheduling):  # type: ignore[misc] # it has no types
    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self._folders: dict[WorkerController, str] = {}

    def _assign_work_unit(self, node: WorkerController) -> None:
        file = min(self.workqueue, key=lambda file: self._rank(node, folder_of(file)))
        self.workqueue.move_to_end(file, last=False)
        self._folders[node] = folder_of(file)
        super()._assign_work_unit(node)

    def _rank(self, node: WorkerController, folder: str) -> tuple[bool, bool, int]:
        others = [other for worker, other in self._folders.items() if worker is not node]
        is_taken = others.count(folder) >= WORKERS.get(folder, len(others))
        place = list(WORKERS).index(folder) if folder in WORKERS else len(WORKERS)
        return self._folders.get(node) != folder, is_taken, place


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing | None:
    return Sharing(config, log) if config.getvalue("dist") == "loadfile" else None
