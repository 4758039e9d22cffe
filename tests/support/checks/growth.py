"""How much the objects of a running engine hold, container by container: what grows without end shows in it."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any


def held(root: object) -> Counter[str]:
    """The number of elements in each container that belongs to ``root`` or to an object of the product below it.

    Containers are known by the attributes that lead to them, ``[]`` standing for all elements of one.
    """
    found: Counter[str] = Counter()
    seen: set[int] = set()

    def look(one: Any, path: str) -> None:
        if id(one) in seen:
            return
        seen.add(id(one))
        if isinstance(one, dict | list | tuple | set | frozenset | deque):
            found[path] += len(one)
            for element in one.values() if isinstance(one, dict) else one:
                look(element, f"{path}[]")
        elif type(one).__module__.startswith("streamer."):
            for name in _attributes(one):
                look(getattr(one, name), f"{path}.{name}".lstrip("."))

    look(root, "")
    return found


def _attributes(one: object) -> list[str]:
    slots = [getattr(kind, "__slots__", ()) for kind in type(one).__mro__]
    names = [name for some in slots for name in ([some] if isinstance(some, str) else some)]
    return [name for name in (*getattr(one, "__dict__", {}), *names) if hasattr(one, name)]


def grown(before: Counter[str], after: Counter[str], *, leaves: tuple[str, ...]) -> dict[str, int]:
    """What holds more than before, but for the containers that are meant to: whose path begins with one of ``leaves``,
    and whatever is in these."""
    return {
        path: count - before[path]
        for path, count in after.items()
        if count > before[path] and not path.startswith(leaves)
    }
