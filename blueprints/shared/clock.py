"""The hall's clock, as the counter windows read it."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app


def now() -> datetime:
    """The moment, on the region's clock, with its zone."""
    moment: datetime = current_app.config["CLOCK"]()
    return moment


def today() -> date:
    """The day on the region's clock."""
    return now().date()
