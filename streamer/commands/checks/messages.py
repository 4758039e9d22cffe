"""Checks where alarms are sent as messages."""

from __future__ import annotations

from streamer.commands.checks.finding import Finding, of_error
from streamer.config import Config
from streamer.core.base.errors import ConfigError
from streamer.core.base.words import counted


def examine(config: Config) -> list[Finding]:
    """Whether the services of the URLs are known; sends nothing. Empty without a URL. Blocking: a slow import."""
    by_room = {room.id: room.alarms for room in config.rooms if room.alarms}
    urls = {*config.alarms.urls, *(url for own in by_room.values() for url in own)}
    if not urls:
        return []
    from streamer.outside.messages.messenger import Messenger  # that few need

    try:
        Messenger(config.alarms.urls, by_room)
    except ConfigError as error:
        return [of_error("messages", error)]
    return [Finding(name="messages", message=f"alarms are sent to {counted(len(urls), 'address', 'addresses')}")]
