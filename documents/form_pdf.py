"""A one-page form: HTML in, PDF with the embedded typeface out, and a list of what could not be shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from documents.typeface import FONT_NAME, missing_glyphs, printable, typeface
from translations import gettext

_FOLDER = Path(__file__).parent / "forms"
# From comfortable to small print: (type size, space above and below in a cell), in points.
_SIZES = ((10.0, 3.0), (9.0, 2.0), (8.0, 1.5), (7.0, 1.0))


class FormError(RuntimeError):
    """The form could not be set; the template is at fault, not the data."""


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = gettext
    return environment


def render_form(template: str, values: Mapping[str, object]) -> tuple[bytes, list[str]]:
    """The form as PDF and the characters that the typeface lacks (printed as 〔U+…〕).

    It is set at the largest size at which it keeps to one A4 page; text that is too long even for the
    smallest runs on to a second page rather than being cut.
    """
    # Both setters take a third of the time that the whole product takes to start; not every process prints.
    from pypdf import PdfReader

    data, missing = b"", list[str]()
    for size, pad in _SIZES:
        html = _templates().get_template(template).render(**values, size=size, pad=pad)
        missing = missing_glyphs(html)
        data = _set(printable(html))
        if len(PdfReader(BytesIO(data)).pages) == 1:
            break
    return data, missing


def _set(html: str) -> bytes:
    from xhtml2pdf import pisa
    from xhtml2pdf.default import DEFAULT_FONT

    typeface()
    DEFAULT_FONT[FONT_NAME.lower()] = FONT_NAME
    out = BytesIO()
    status = pisa.CreatePDF(html, dest=out, encoding="utf-8", link_callback=_nothing_from_outside)
    if status.err:
        raise FormError(f"{status.err} errors while setting a form")
    return out.getvalue()


def _nothing_from_outside(uri: str, _base: str) -> str:
    raise FormError(f"a form must not fetch anything: {uri}")
