"""Where alarms are sent, before the day."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.commands.checks.finding import Status
from streamer.commands.checks.messages import examine
from streamer.config import load


@pytest.mark.parametrize(
    ("alarms", "room", "status", "message"),
    [
        ("", "", None, ""),
        (
            'urls = ["json://127.0.0.1/a"]',
            'alarms = ["json://127.0.0.1/b"]',
            Status.OK,
            "alarms are sent to 2 addresses",
        ),
        ('urls = ["json://127.0.0.1/a"]', "", Status.OK, "alarms are sent to 1 address"),
        ('urls = ["nothing://secret@host"]', "", Status.ERROR, "URL 1 is of no known service"),
        ("", 'alarms = ["json://127.0.0.1/", "nothing://secret@host"]', Status.ERROR, "URL 2 is of no known service"),
    ],
)
def test_each_address_has_to_be_of_a_known_service(
    tmp_path: Path, alarms: str, room: str, status: Status | None, message: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[alarms]\n{alarms}\n[[rooms]]\nid = "main"\n{room}\n')
    found = examine(load(config))
    assert [one.status for one in found] == ([status] if status is not None else [])
    for one in found:
        assert message in one.message
        assert "secret" not in str(one)
