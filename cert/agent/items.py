"""Signatures that are asked for and not yet collected: few, short-lived, each used once."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from cert.agent.keys import Certificate

LIVES = timedelta(minutes=2)
MOST = 20

# What becomes of an item: it is asked about; the key is at work; or one of four ends.
ASKING, BUSY = "asking", "busy"
SIGNED, CANCELLED, LOCKED, NO_KEY, FAILED = "signed", "cancelled", "pin_locked", "no_key", "failed"


class Full(Exception):
    """As many items as may wait are waiting."""


@dataclass
class Item:
    """One signature that a site asks for. ``id`` is known to the site, ``csrf`` only to the agent's page."""

    origin: str
    certificate: Certificate
    text: str
    needs_pin: bool
    expires_at: datetime
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    state: str = ASKING
    is_pin_wrong: bool = False
    tries: int | None = None
    signature: bytes = b""
    detail: str = ""


class Items:
    """The items of this agent; an item that is over, collected or unknown is simply not there."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._items: dict[str, Item] = {}
        self._lock = Lock()

    def add(self, origin: str, certificate: Certificate, text: str, needs_pin: bool) -> Item:
        """A new item, for two minutes; raises :class:`Full` beyond twenty."""
        with self._lock:
            self._sweep()
            if len(self._items) >= MOST:
                raise Full
            item = Item(origin, certificate, text, needs_pin, self._clock() + LIVES)
            self._items[item.id] = item
            return item

    def find(self, item_id: str) -> Item | None:
        """The item, for showing it."""
        with self._lock:
            self._sweep()
            return self._items.get(item_id)

    def collect(self, item_id: str, origin: str) -> Item | None:
        """The item for the site that asked; one that has come to its end is handed out once."""
        with self._lock:
            self._sweep()
            item = self._items.get(item_id)
            if item is None or item.origin != origin:
                return None
            if item.state not in (ASKING, BUSY):
                del self._items[item_id]
            return item

    def withdraw(self, item_id: str, origin: str) -> None:
        """The site no longer wants it."""
        with self._lock:
            item = self._items.get(item_id)
            if item is not None and item.origin == origin:
                del self._items[item_id]

    def claim(self, item_id: str, csrf: str) -> Item | None:
        """Take the item from asking to busy, for one caller alone, and only with its own token."""
        with self._lock:
            self._sweep()
            item = self._items.get(item_id)
            if item is None or item.state != ASKING:
                return None
            if not hmac.compare_digest(item.csrf.encode(), csrf.encode()):
                return None
            item.state = BUSY
            return item

    def finish(self, item: Item, state: str) -> None:
        """The key has done its work or failed; the site has a while from now to collect that."""
        with self._lock:
            item.state = state
            if state != ASKING:
                item.expires_at = self._clock() + LIVES

    def _sweep(self) -> None:
        now = self._clock()
        over = [key for key, item in self._items.items() if item.expires_at <= now and item.state != BUSY]
        for key in over:
            del self._items[key]
