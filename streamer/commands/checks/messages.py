"""Checks where alarms are sent as messages."""

from __future__ import annotations

from streamer.commands.checks.finding import Finding, of_error
from streamer.commands.place.messages import messenger_of
from streamer.config import Config
from streamer.core.base.errors import ConfigError
from streamer.core.base.words import counted


def examine(config: Config) -> list[Finding]:
    """Whether the services of the URLs are known; sends nothing. Empty without a URL."""
    try:
        messenger = messenger_of(config)
    except ConfigError as error:
        return [of_error("messages", error)]
    if messenger is None:
        return []
    addresses = counted(len(messenger.urls), "address", "addresses")
    return [Finding(name="messages", message=f"alarms are sent to {addresses}")]
