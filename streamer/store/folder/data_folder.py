"""The data folder itself: it exists, is private (mode 0700) and writable. Its content is not checked here."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from streamer.core.base.errors import StoreError

_PRIVATE = 0o700
_ANOTHER = "name another folder as [storage] data"


def prepare_folder(data: Path, user: int | None = None) -> None:
    """Make the folder if it is missing, and close it to other users. Raises StoreError if it cannot be used.

    It must belong to ``user``, by default the user of this process. Root may not use the folder of another user
    either: its files would lock that user out.
    """
    user = os.geteuid() if user is None else user
    try:
        data.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        found = data.stat()
        if found.st_mode & stat.S_ISVTX or data.resolve() == Path(data.resolve().anchor):
            raise StoreError("this folder is open to all users and can't be closed", where=str(data), hint=_ANOTHER)
        if found.st_uid != user:
            raise of_another_user(data, found.st_uid, user)
        if stat.S_IMODE(found.st_mode) != _PRIVATE:
            data.chmod(_PRIVATE)
    except (FileExistsError, NotADirectoryError) as error:
        where = str(error.filename or data)
        raise StoreError("a file has the data folder's name", where=where, hint=_ANOTHER) from error
    except OSError as error:
        meaning = f"the data folder can't be used: {error.strerror}"
        raise StoreError(meaning, where=str(data), hint=_ANOTHER) from error
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        hint = f"give it to this user, or {_ANOTHER}"
        raise StoreError("the data folder is not writable", where=str(data), hint=hint)


def of_another_user(data: Path, owner: int, user: int) -> StoreError:
    """Why ``user`` may not use a folder of ``owner``."""
    meaning = f"this folder belongs to {_name_of(owner)}, and this process runs as {_name_of(user)}"
    return StoreError(meaning, where=str(data), hint=f"run it as {_name_of(owner)}, or {_ANOTHER}")


def _name_of(user: int) -> str:
    try:
        return f"the user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"the user with the id {user}"
