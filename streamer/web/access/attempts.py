"""Limits failed sign-in attempts per address, so that guessing is slow.

Uses bounded memory. Failures expire by time; a success does not reset them.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

ALLOWED = 10
WINDOW = 60.0
"""Seconds in which ``ALLOWED`` failures are allowed."""
REMEMBERED = 4096
"""Addresses; the one that failed longest ago is forgotten first."""


def _household(address: str) -> str:
    """One subscriber: for IPv6 the /64 network, because one subscriber can use all its addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


class Attempts:
    """``monotonic`` returns monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def failed(self, address: str) -> None:
        key = _household(address)
        times = self._failures.setdefault(key, deque(maxlen=ALLOWED))
        times.append(self._monotonic())
        self._failures.move_to_end(key)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def wait(self, address: str) -> int:
        """Whole seconds until this address may try again; 0 where it may now."""
        times = self._failures.get(_household(address))
        if times is None or len(times) < ALLOWED:
            return 0
        return max(0, math.ceil(times[0] + WINDOW - self._monotonic()))
