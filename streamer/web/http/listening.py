"""The listening sockets of the service: TCP for browsers, a Unix socket for the command line.

Errors name the configuration key or the option to change.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from streamer.core.base.address import Address
from streamer.core.base.errors import ConfigError, DataFolderBusy, StoreError

LONGEST_PATH = 107
"""Bytes of a Unix socket's address on Linux, without the NUL at its end."""
BACKLOG = 1024

_WHERE = "[server] listen"


def tcp_sockets(address: Address) -> list[socket.socket]:
    """Bound sockets that do not listen yet, one for each address of the host. Raises ConfigError."""
    bound: list[socket.socket] = []
    try:
        for family, host in _hosts(address):
            port = bound[0].getsockname()[1] if bound else address.port
            try:
                bound.append(_bind(family, host, port))
            except OSError as error:
                # the host's name may have an IPv6 address although the machine has no IPv6
                if not bound or error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
    except OSError as error:
        for one in bound:
            one.close()
        raise _explained(address, error) from error
    return bound


def _hosts(address: Address) -> list[tuple[socket.AddressFamily, str]]:
    """Every address of the host, IPv4 first."""
    found = socket.getaddrinfo(
        address.host or None,
        address.port,
        type=socket.SOCK_STREAM,
        flags=0 if address.host else socket.AI_PASSIVE,
    )
    families = (socket.AF_INET, socket.AF_INET6)
    return sorted({(family, str(place[0])) for family, _, _, _, place in found if family in families})


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.setblocking(False)
        one.bind((host, port))
        one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one


def _explained(address: Address, error: OSError) -> ConfigError:
    if isinstance(error, socket.gaierror):
        return ConfigError(
            f"the host {address.host!r} is unknown", where=_WHERE, hint='write an address such as "127.0.0.1:8080"'
        )
    match error.errno:
        case errno.EADDRINUSE:
            message = f"another program listens on {address} already"
            hint = "end it, or choose another port: --listen 127.0.0.1:8081, or [server] listen in config.toml"
        case errno.EACCES:
            message = f"port {address.port} can only be opened by root"
            hint = "choose a port above 1023 with --listen, and put a proxy in front"
        case errno.EADDRNOTAVAIL:
            message = f"{address.host} is not an address of this machine"
            hint = 'choose one of its addresses, or "0.0.0.0" for all, with --listen'
        case _:
            message = f"can't listen on {address}: {os.strerror(error.errno) if error.errno else error}"
            hint = "choose another address with --listen"
    return ConfigError(message, where=_WHERE, hint=hint)


# -- Unix ----------------------------------------------------------------------------------------------


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """An address for a Unix socket at ``path``, whose length is not limited. Valid while the context lasts."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def unix_socket(path: Path) -> socket.socket:
    """A listening socket that only its owner can open (mode 0600 from the start).

    Replaces the socket of a dead service. Raises DataFolderBusy if a service listens, StoreError for other failures.
    """
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with reachable(path) as address:
            _clear(path, address)
            # Linux gives the new file the socket's mode; changing the umask would affect files of other threads
            os.fchmod(one.fileno(), 0o600)
            one.setblocking(False)
            one.bind(address)
        path.chmod(0o600)
        one.listen(BACKLOG)
    except OSError as error:
        one.close()
        raise StoreError(
            f"the socket for commands can't be created: {os.strerror(error.errno) if error.errno else error}",
            where=str(path),
            hint="check [storage] data: it must be your folder, on a local disk",
        ) from error
    except StoreError:
        one.close()
        raise
    return one


def _clear(path: Path, address: str) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise StoreError(
            "the path of the socket for commands has a file that is not a socket",
            where=str(path),
            hint="move it away",
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            with suppress(FileNotFoundError):
                path.unlink()
            return
    raise DataFolderBusy("another service runs on this data folder", where=str(path), hint="end it with: streamer stop")
