"""A rule or a service says no in one way: a code, where, and the values needed to say it well."""

from __future__ import annotations


class Refusal(Exception):
    """Something was asked that the rules do not allow; never a programming error.

    ``code`` names the reason (``wage.too_large``), ``field`` the input it belongs to, ``params`` the
    values its sentence needs. ``blueprints/shared/sentences.py`` turns it into one sentence.
    """

    def __init__(self, code: str, field: str | None = None, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params


class Conflict(Refusal):
    """The record has moved on since it was read; the answer is 409, with what it is now."""


class Missing(Exception):
    """No such record for whoever asks; the answer is 404, the same for another unit's record as for none."""
