"""The trust folder of a running hall: read again when a file in it changes."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from cert.trust import Ask, Trust, load_trust

Mark = tuple[tuple[str, int, int], ...]


class TrustFolder:
    """Hands out the ``Trust`` of a folder (``load_trust`` says what lies in it); for use by several threads."""

    def __init__(self, folder: Path, fail_closed: bool = True, ocsp: Ask | None = None) -> None:
        self.folder, self._fail_closed, self._ocsp = folder, fail_closed, ocsp
        self._lock = Lock()
        self._mark: Mark | None = None
        self._trust: Trust | None = None

    def current(self) -> Trust | None:
        """What is trusted now; None where nobody has set the folder up.

        Raises ``ValueError`` naming the file that cannot be read; a change that can be read ends that.
        """
        with self._lock:
            mark = self._look()
            if mark != self._mark:
                self._trust = load_trust(self.folder, self._fail_closed, self._ocsp) if mark else None
                self._mark = mark
            return self._trust

    def _look(self) -> Mark:
        """Name, time and size of every file: enough to see that one was replaced."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        found = [(path, path.stat()) for path in files]
        return tuple((str(path), state.st_mtime_ns, state.st_size) for path, state in found)
