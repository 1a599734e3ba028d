"""The menu on the left: what each role can reach, in the words and groups of the manuals."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, request

from translations import gettext as _


def N_(message: str) -> str:
    return message


@dataclass(frozen=True)
class Item:
    """One line of the menu; ``also`` lists further endpoints that belong under it."""

    label: str
    endpoint: str
    also: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        endpoint = request.endpoint or ""
        return endpoint == self.endpoint or endpoint.startswith(self.also)


@dataclass(frozen=True)
class Group:
    """A heading with its lines."""

    label: str
    items: tuple[Item, ...]

    @property
    def is_open(self) -> bool:
        return any(item.is_current for item in self.items)


MENUS: dict[str, tuple[Item | Group, ...]] = {
    "operator": (
        Item(N_("首页"), "home.index"),
        Group(N_("征缴管理"), (Item(N_("工资申报"), "wages.index", ("wages.",)),)),
        Group(N_("查询统计"), (Item(N_("业务状态查询"), "filings.index", ("filings.",)),)),
    ),
    "reviewer": (
        Item(N_("待审业务"), "bureau.index", ("bureau.show", "bureau.approve", "bureau.send_back")),
        Item(N_("审核记录"), "bureau.decided"),
    ),
}


def install_menu(app: Flask) -> None:
    """Hand the menu of whoever is signed in to every page."""

    @app.context_processor
    def menu() -> dict[str, object]:
        actor = g.get("actor")
        return {"actor": actor, "menu": MENUS.get(actor.role, ()) if actor else (), "menu_word": _}
