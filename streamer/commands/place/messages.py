"""Where a conference's alarms are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamer.config import Config

if TYPE_CHECKING:
    from streamer.outside.messages.messenger import Messenger


def messenger_of(config: Config) -> Messenger | None:
    """What sends alarms to the configured URLs; None without any. A slow import.

    Raises ConfigError for a URL that apprise does not know.
    """
    by_room = {room.id: room.alarms for room in config.rooms if room.alarms}
    if not config.alarms.urls and not by_room:
        return None
    from streamer.outside.messages.messenger import Messenger  # few need it

    return Messenger(config.alarms.urls, by_room)
