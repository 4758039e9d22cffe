"""One service a data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamer.core.base.errors import DataFolderBusy, StoreError
from streamer.store.folder.lock import FolderLock


def test_a_second_service_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    first.acquire()
    with pytest.raises(DataFolderBusy, match=f"process {os.getpid()}"):
        FolderLock(tmp_path).acquire()
    first.release()
    FolderLock(tmp_path).acquire()


def test_the_lock_is_gone_with_a_killed_process(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from streamer.store.folder.lock import FolderLock;"
        "FolderLock(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"
    )
    held = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        with pytest.raises(DataFolderBusy, match=f"process {held.pid}"):
            FolderLock(tmp_path).acquire()
    finally:
        held.kill()
        held.communicate()
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()


def test_a_folder_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing"):
        FolderLock(tmp_path / "missing").acquire()
