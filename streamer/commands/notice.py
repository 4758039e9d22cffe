"""``streamer notice``: sends a message to attendees."""

from __future__ import annotations

from streamer.commands.session.derived import decision_command
from streamer.core.decisions.notice import Notice

notice = decision_command(Notice)
