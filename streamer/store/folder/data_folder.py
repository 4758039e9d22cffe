"""The data folder itself: it exists, is private (mode 0700) and writable. Its content is not checked here."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from streamer.core.base.errors import StoreError

_PRIVATE = 0o700
_ANOTHER = "name another folder as [storage] data"


def prepare_folder(data: Path) -> None:
    """Make the folder if it is missing, and close it to other users. Raises StoreError if it cannot be used."""
    try:
        data.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        found = data.stat()
        if found.st_mode & stat.S_ISVTX or data.resolve() == Path(data.resolve().anchor):
            raise StoreError("this folder is open to all users and can't be closed", where=str(data), hint=_ANOTHER)
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
