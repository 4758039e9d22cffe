"""What is used of the insides of python-socketio and python-engineio: why pyproject.toml pins their minor versions.

A raised pin that breaks something fails here first.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import socketio
from engineio.async_server import AsyncServer as EngineServer
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE
from engineio.packet import Packet as WirePacket
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (socketio.AsyncManager, "connect", ["self", "sid", "namespace"]),
        (socketio.AsyncManager, "eio_sid_from_sid", ["self", "sid", "namespace"]),
        (EngineServer, "send_packet", ["self", "sid", "pkt"]),
        (EngineServer, "disconnect", ["self", "sid"]),
        (AsyncSocket, "close", ["self", "wait", "abort", "reason"]),
    ],
)
async def test_methods_that_are_called_or_overridden(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters)[: len(parameters)] == parameters


async def test_what_a_server_and_its_connections_are_made_of() -> None:
    server = socketio.AsyncServer(async_mode="aiohttp", client_manager=socketio.AsyncManager())
    assert isinstance(server.eio, EngineServer)
    assert server.eio.sockets == {}
    assert server.reason.TRANSPORT_ERROR
    connection = AsyncSocket(server.eio, "sid")
    assert (connection.closed, connection.upgraded, connection.queue.qsize()) == (False, False, 0)


def test_a_packet_keeps_its_encoding() -> None:
    """The fan-out encodes a change once for all clients."""
    packet = WirePacket(MESSAGE, Packet(EVENT, namespace="/viewer", data=["change", {}]).encode())
    assert packet.encode() is packet.encode()


@pytest.mark.parametrize(("text", "kind"), [('51-/crew,["x"]', BINARY_EVENT), ("61-/crew,1[]", BINARY_ACK)])
def test_a_packet_decodes_itself_and_knows_its_type(text: str, kind: int) -> None:
    seen: list[Any] = []

    class Watched(Packet):  # type: ignore[misc]  # socketio has no types
        def decode(self, encoded_packet: str) -> Any:
            attachments = super().decode(encoded_packet)
            seen.append(self.packet_type)
            return attachments

    Watched(encoded_packet=text)
    assert seen == [kind]
