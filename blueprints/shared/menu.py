"""The menu on the left: what each role can reach, in the words and groups of the manuals."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g

from translations import gettext as _


def N_(message: str) -> str:
    return message


@dataclass(frozen=True)
class Item:
    """One line of the menu; ``also`` lists further endpoints that belong under it."""

    label: str
    endpoint: str
    also: tuple[str, ...] = ()

    def is_current(self, endpoint: str) -> bool:
        """Whether a page belongs under this line."""
        return endpoint == self.endpoint or endpoint.startswith(self.also)


@dataclass(frozen=True)
class Group:
    """A heading with its lines."""

    label: str
    items: tuple[Item, ...]

    def is_open(self, endpoint: str) -> bool:
        """Whether a page belongs under one of its lines."""
        return any(item.is_current(endpoint) for item in self.items)


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
    """Hand whoever is signed in, and the menu, to every page."""
    app.jinja_env.globals.update(menus=MENUS, menu_word=_)

    @app.context_processor
    def signed_in() -> dict[str, object]:
        return {"actor": g.get("actor")}
