"""The menu on the left: what each role can reach, in the words and groups of the manuals."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Flask, current_app, g, session

from blueprints.shared.guards import REVIEWER, access_of, actor, is_on_duty, marks_of
from translations import gettext as _

ADMIN, AGENT, OPENING = "admin", "agent", "opening"


def N_(message: str) -> str:
    return message


@dataclass(frozen=True)
class Item:
    """One line of the menu; ``also`` lists further endpoints that belong under it, ``only`` a mark it is shown for."""

    label: str
    endpoint: str
    also: tuple[str, ...] = ()
    only: str = ""

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
        Group(
            N_("征缴管理"),
            (
                Item(N_("缴费申报"), "levies.declare", ("levies.declare_", "levies.dispute")),
                Item(N_("缴费通知单打印"), "levies.notices", ("levies.notice_",)),
                Item(N_("缴费申报查询"), "levies.index", ("levies.show", "levies.why", "levies.items")),
                Item(N_("工资申报"), "wages.index", ("wages.",)),
                Item(N_("工资申报业务查询"), "levies.filings"),
                Item(N_("人员缴费基数查询"), "levies.bases", ("levies.person",)),
            ),
        ),
        Group(
            N_("人员管理"),
            (
                Item(N_("人员新增"), "personnel.join", ("personnel.join_",)),
                Item(N_("人员减少"), "personnel.leave", ("personnel.leave_",)),
                Item(N_("人员信息变更"), "personnel.change", ("personnel.change_",)),
                Item(N_("参保人员查询"), "personnel.people", ("personnel.people_", "personnel.person")),
                Item(N_("人员业务查询"), "personnel.filings"),
            ),
        ),
        Group(
            N_("单位管理"),
            (
                Item(N_("单位信息查询"), "units.show"),
                Item(N_("单位信息变更"), "units.change", ("units.contact",)),
                Item(N_("单位业务查询"), "units.filings"),
            ),
        ),
        Group(
            N_("项目管理"),
            (
                Item(N_("项目参保登记"), "projects.register"),
                Item(
                    N_("项目查询"),
                    "projects.index",
                    (
                        "projects.show",
                        "projects.change",
                        "projects.extend",
                        "projects.price",
                        "projects.end",
                        "projects.roster",
                    ),
                ),
                Item(N_("项目业务查询"), "projects.filings"),
            ),
        ),
        Group(N_("查询统计"), (Item(N_("业务状态查询"), "filings.index", ("filings.",)),)),
        Group(
            N_("账户"),
            (
                Item(N_("险种开通"), "home.opening", only=OPENING),
                Item(N_("代办单位"), "auth.mandates", only=AGENT),
                Item(N_("操作员"), "auth.operators", ("auth.operators_",), ADMIN),
                Item(N_("委托"), "auth.delegations", ("auth.delegations_",), ADMIN),
                Item(N_("证书信息"), "auth.certificate"),
                Item(N_("修改密码"), "auth.password"),
            ),
        ),
    ),
    "reviewer": (
        Item(
            N_("待审业务"),
            "bureau.index",
            ("bureau.show", "bureau.approve", "bureau.send_back", "bureau.bulk"),
        ),
        Item(N_("审核记录"), "bureau.decided"),
        Group(
            N_("征缴管理"),
            (
                Item(N_("征集"), "bureau.levies", ("bureau.levy_",)),
                Item(N_("到账"), "bureau.payments", ("bureau.payment_",)),
                Item(N_("项目缴费"), "bureau.project_charges", ("bureau.project_charge",)),
                Item(N_("参数"), "bureau.parameters", ("bureau.parameter_",)),
            ),
        ),
        Item(N_("委托确认"), "bureau.delegations", ("bureau.delegation",)),
        Item(N_("核对单"), "bureau.corrections"),
        Group(
            N_("申报管理"),
            (
                Item(N_("申报进度"), "bureau.progress", ("bureau.progress_",)),
                Item(N_("申报时间"), "bureau.windows", ("bureau.window",)),
                Item(N_("核定应缴"), "bureau.assessments", ("bureau.assessment_",)),
            ),
        ),
        Item(N_("公告"), "bureau.announcements", ("bureau.announcement",)),
        Item(N_("审计"), "bureau.audits", ("bureau.audit_",)),
        Item(N_("工作人员"), "bureau.staff", ("bureau.staff_",)),
        Item(N_("技术状态"), "bureau.machinery"),
        Group(N_("账户"), (Item(N_("修改密码"), "auth.password"),)),
    ),
}


def menu_marks() -> frozenset[str]:
    """What of a person, besides the role, the menu depends on."""
    if g.actor.role != "operator":
        return marks_of(g.actor)
    is_acting = session.get("acting") is not None
    found = {
        ADMIN: g.actor.is_admin,
        AGENT: is_acting or g.actor.is_agent,
        OPENING: not is_acting and g.actor.must_open,
    }
    return frozenset(mark for mark, is_so in found.items() if is_so)


def menu_of(role: str, marks: frozenset[str]) -> list[Item | Group]:
    """The menu of a role, without the lines whose mark or duty is lacking or whose page is not built in."""

    def is_shown(item: Item) -> bool:
        view = current_app.view_functions.get(item.endpoint)
        if view is None or (item.only and item.only not in marks):
            return False
        return access_of(view) != REVIEWER or is_on_duty(marks, view)

    found: list[Item | Group] = []
    for entry in MENUS.get(role, ()):
        if isinstance(entry, Group):
            if items := tuple(filter(is_shown, entry.items)):
                found.append(replace(entry, items=items))
        elif is_shown(entry):
            found.append(entry)
    return found


def first_page() -> str:
    """The endpoint where a reviewer arrives: the first line of the menu."""
    first = menu_of(actor().role, menu_marks())[0]
    return (first.items[0] if isinstance(first, Group) else first).endpoint


def install_menu(app: Flask) -> None:
    """Hand whoever is signed in, whom they act for, and the menu, to every page."""
    app.jinja_env.globals.update(menu_of=menu_of, menu_marks=menu_marks, menu_word=_)

    @app.context_processor
    def signed_in() -> dict[str, object]:
        return {"actor": g.get("actor"), "acting": session.get("acting")}
