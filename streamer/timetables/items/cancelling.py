"""What a feed's fields say of whether an item is cancelled."""

from __future__ import annotations

from collections.abc import Iterable

from streamer.core.timetable.cancellation import says_cancelled
from streamer.timetables.items.text import is_no, is_yes


def cancelled(flags: Iterable[object], states: Iterable[str] = ()) -> bool | None:
    """True if a flag or a state says so, False if a flag says the opposite; None if the title decides.

    Flags are true, false, or words for these; states are words such as “confirmed” and “cancelled”.
    """
    given = list(flags)
    if any(flag is True or is_yes(flag) for flag in given) or any(map(says_cancelled, states)):
        return True
    return False if any(flag is False or is_no(flag) for flag in given) else None
