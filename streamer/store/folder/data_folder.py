"""The data folder itself: there, ours alone (mode 0700), writable. What lies in it is not looked at here."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from streamer.core.base.errors import StoreError

_PRIVATE = 0o700
_ANOTHER = "name another folder as [storage] data"


def prepare_folder(data: Path) -> None:
    """Make the folder where it is missing, and shut it against others. Raises StoreError where it can't be used."""
    try:
        data.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        found = data.stat()
        if found.st_mode & stat.S_ISVTX or data.resolve() == Path(data.resolve().anchor):
            raise StoreError("this folder belongs to everybody and can't be shut", where=str(data), hint=_ANOTHER)
        if stat.S_IMODE(found.st_mode) != _PRIVATE:
            data.chmod(_PRIVATE)
    except (FileExistsError, NotADirectoryError) as error:
        where = str(error.filename or data)
        raise StoreError("there is a file where the data folder should be", where=where, hint=_ANOTHER) from error
    except OSError as error:
        meaning = f"the data folder can't be used: {error.strerror}"
        raise StoreError(meaning, where=str(data), hint=_ANOTHER) from error
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        hint = f"give it to this user, or {_ANOTHER}"
        raise StoreError("the data folder is not writable", where=str(data), hint=hint)
