"""Files made for people lie here under names nobody can guess, and each is either whole or not there."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_NAME = re.compile(r"[A-Za-z0-9_-]{20,64}(\.[a-z0-9]{1,8})?")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class StoredFile:
    """A file being written: write to ``stream``; ``name`` is what it will be called when complete."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self.stream = stream


class Store:
    """A folder of finished files; made when first written to, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder)

    def save(self, data: bytes, suffix: str) -> str:
        """Keep the bytes; answers the new name, with the suffix (".pdf", at most 8 letters or digits)."""
        with self.open_writer(suffix) as file:
            file.stream.write(data)
        return file.name

    @contextmanager
    def open_writer(self, suffix: str) -> Iterator[StoredFile]:
        """A file to write to bit by bit; it appears under its name when the block ends well, else never.

        Raises ValueError for a suffix that is none.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"not a suffix: {suffix!r}")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = secrets.token_urlsafe(24) + suffix
        # The dot keeps an unfinished file out of reach of path(), which knows no such name.
        unfinished = self._folder / f".{name}.part"
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield StoredFile(name, stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(unfinished, self._folder / name)
        finally:
            unfinished.unlink(missing_ok=True)
        self._sync_folder()

    def path(self, name: str) -> Path:
        """Where the file lies; ValueError unless it is a plain name that this store could have given."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of this store: {name!r}")
        return self._folder / name

    def delete(self, name: str) -> None:
        """Remove the file; nothing happens if it is gone already. ValueError as in ``path``."""
        self.path(name).unlink(missing_ok=True)

    def _sync_folder(self) -> None:
        # The rename itself is only safe on disk when the folder is.
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
