"""Every word of the screen and of paper passes through here; Chinese is the source language.

Catalogues lie beside this file as ``<locale>/LC_MESSAGES/wangting.mo``. A locale without one, zh_CN
among them, answers with the source text.
"""

from __future__ import annotations

import gettext as _stdlib
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_locale: ContextVar[str] = ContextVar("locale", default="zh_CN")


@lru_cache
def _catalogue(locale: str) -> _stdlib.NullTranslations:
    return _stdlib.translation("wangting", localedir=str(_FOLDER), languages=[locale], fallback=True)


def use(locale: str) -> None:
    """Speak this locale for the rest of the current request or job."""
    _locale.set(locale)


def locale() -> str:
    """The locale in use."""
    return _locale.get()


def gettext(message: str) -> str:
    """The message in the current locale."""
    return _catalogue(_locale.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The message in the current locale, in the form that goes with the number."""
    return _catalogue(_locale.get()).ngettext(singular, plural, number)
