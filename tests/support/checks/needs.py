"""Tests that start programs of the operating system: ``@pytest.mark.needs("chromium")``.

Where one is missing the test is skipped and says so; on a build machine (CI=true) a missing program is a failure, for a
test that never runs proves nothing.
"""

from __future__ import annotations

import os
import shutil

import pytest

PACKAGES = {"srt-live-transmit": "srt-tools"}  # where Debian's package has another name than the program


def pytest_runtest_setup(item: pytest.Item) -> None:
    tools = [tool for mark in item.iter_markers("needs") for tool in mark.args]
    missing = [PACKAGES.get(tool, tool) for tool in tools if shutil.which(tool) is None]
    if missing:
        message = f"needs {', '.join(missing)}: apt-get install {' '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
