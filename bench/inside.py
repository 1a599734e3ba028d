"""Work on a data folder in a process of its own, through the product's services; run by ``stand.inside``."""

from __future__ import annotations

import sys
from dataclasses import replace

import settings as settings_module
from app import region_clock
from models import db, migrate
from services import demo


def fill() -> None:
    """Migrate an empty data folder and fill the sample."""
    settings = settings_module.load()
    settings.data.mkdir(parents=True)
    migrate.upgrade(db.connect(settings.url))
    settings_module.secret_key(settings)
    demo.fill_demo(region_clock(settings)())


COMMANDS = {"demo": fill}


def main() -> None:
    """Do the command and leave the database without open connections."""
    try:
        COMMANDS[sys.argv[1]](*map(int, sys.argv[2:]))
    finally:
        db.disconnect()


if __name__ == "__main__":
    main()
