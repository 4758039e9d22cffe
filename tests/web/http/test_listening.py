from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from streamer.core.base.address import Address
from streamer.core.base.errors import ConfigError, DataFolderBusy, StoreError
from streamer.web.http.listening import reachable, tcp_sockets, unix_socket


def test_a_busy_port_says_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError) as raised:
            tcp_sockets(Address(host="127.0.0.1", port=port))
    text = str(raised.value)
    assert "[server] listen" in text
    assert "--listen" in text
    assert str(port) in text


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(ConfigError) as raised:
        tcp_sockets(Address(host=host, port=0))
    assert raised.value.where == "[server] listen"
    assert "--listen" in raised.value.hint or "127.0.0.1" in raised.value.hint


def test_every_address_has_one_port() -> None:
    bound = tcp_sockets(Address(host="", port=0))
    try:
        assert len({one.getsockname()[1] for one in bound}) == 1
        assert bound[0].family == socket.AF_INET
    finally:
        for one in bound:
            one.close()


# -- Unix ----------------------------------------------------------------------------------------------


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client, reachable(path) as address:
        client.connect(address)


def test_the_socket_is_its_owner_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        one = unix_socket(tmp_path / "control.sock")
    finally:
        os.umask(before)
    with one:
        assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o600
        connect(tmp_path / "control.sock")


def test_a_dead_one_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    unix_socket(path).close()
    assert path.is_socket()
    with unix_socket(path):
        connect(path)
        with pytest.raises(DataFolderBusy) as raised:
            unix_socket(path)
        assert "streamer stop" in raised.value.hint
        connect(path)


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("precious")
    with pytest.raises(StoreError) as raised:
        unix_socket(path)
    assert raised.value.where == str(path)
    assert path.read_text() == "precious"


def test_a_folder_deeper_than_a_socket_s_address_reaches(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    path = deep / "control.sock"
    with unix_socket(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        connect(path)
    with unix_socket(path):
        connect(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as raised:
        unix_socket(tmp_path / "gone" / "control.sock")
    assert raised.value.hint
