"""职责: what the bureau's people may see and do is told by duty and office, and stands in one table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel
from werkzeug.routing import Rule

from blueprints.shared.guards import access_of, duties_of, is_on_duty
from models.account import Account
from models.certificate import CertificateRecord, RecordCorrection
from models.db import reading, transaction
from models.filing import Filing
from models.parameter_change import ParameterChange
from models.project import list_charges
from models.unit import Unit
from rules.duties import ADMINISTRATION, ALONE, BUSINESS, DUTIES
from rules.refusals import Conflict, Missing, Refusal
from services.accounts import set_account
from services.corrections import settle_correction
from services.delegations import Ask, ask_delegation, confirm_delegation
from services.filings import save_new
from services.levy_versions import reissue
from services.reviews import approve_filing, take_filing
from services.staff import close_staff, give_staff_password, make_staff, reopen_staff, set_duties
from tests.factories import NORTH, NOW, PASSWORD, WEST, actor, make_account, make_project
from tests.integration.access import ACCESS, LIST, REGION, UNIT
from tests.integration.clerk import Clerk
from tests.integration.levy_desk import issue_month
from tests.integration.test_person_requests import form
from tests.integration.way import audited, get_filing

OURS, THEIRS = "230102", "230203"
# What opening a page may leave behind: that somebody was here.
TRACES = ("login_session", "audit_event", "audit_head")


def bureau_rules(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint]) == "reviewer"
    ]


def address(app: Flask, rule: Rule, numbers: dict[str, Any]) -> str:
    with app.test_request_context():
        return app.url_for(rule.endpoint, **{name: numbers[name] for name in rule.arguments})


def methods(rule: Rule) -> list[str]:
    return [method for method in ("GET", "POST") if method in (rule.methods or ())]


@pytest.fixture
def staff(world, sign_in) -> dict[str, Clerk]:
    """Somebody for each duty, and somebody with none."""
    for duty in (*DUTIES, ""):
        make_account(f"p_{duty}", f"人{duty}", NORTH, None, duty)
    return {duty: sign_in(f"p_{duty}") for duty in (*DUTIES, "")}


@pytest.fixture
def offices(world) -> None:
    """Our unit is looked after by one 旗县, theirs by another."""
    for unit, office in ((world.ours, OURS), (world.theirs, THEIRS)):
        _set(update(Unit).where(Unit.id == unit.id).values(office_code=office))
    make_account("own", "本县", NORTH, None, " ".join(BUSINESS), "2301")
    make_account("other", "他县", NORTH, None, " ".join(BUSINESS), THEIRS)


@pytest.fixture
def numbers(world, way, run_jobs, offices) -> dict[str, Any]:
    """Objects of our unit and of our region, one of each kind, all of which exist."""
    issue_month(run_jobs.runner, "202605")
    wages = way.submitted()[0]
    project = make_project(world.ours, "unpaid")
    with reading() as session:
        charge = list_charges(session, project)[0].id
        aide = session.scalars(select(Account.id).where(Account.username == "other")).one()
    typed = {name: " ".join(v) if isinstance(v, list) else str(v) for name, v in form().items()}
    request = save_new(actor("wang"), "person_in", typed, NOW)
    _set(update(Filing).where(Filing.id == request).values(state="pending"))
    return {
        "filing_id": wages,
        "request_id": request,
        "charge_id": charge,
        "delegation_id": _delegate(),
        "correction_id": _correct(world.ours.id),
        "change_id": _change(),
        "run_id": 1,
        "unit_id": world.ours.id,
        "account_id": aide,
        "kind": "base_bounds",
        "name": "x",
        "file_id": 1,
        "event_id": 1,
        "checkpoint_id": 1,
        "number": 1,
    }


def _delegate() -> int:
    return ask_delegation(
        actor("wang")._replace(is_admin=True), Ask("zhao", ["entry"], date(2026, 9, 30)), NOW
    )


def _correct(unit_id: int) -> int:
    with transaction() as session:
        certificate = CertificateRecord(
            digest="0" * 64,
            der=b"",
            subject_name="单位",
            issuer_name="发证",
            serial="1",
            algorithm="SM2",
            not_before=NOW,
            not_after=NOW,
            codes={},
            first_seen_at=NOW,
        )
        session.add(certificate)
        session.flush()
        correction = RecordCorrection(
            number="HD-1",
            region_code=NORTH,
            unit_id=unit_id,
            certificate_digest=certificate.digest,
            shown={},
            kept={},
            sent_at=NOW,
        )
        session.add(correction)
        session.flush()
        assert correction.id is not None
        return correction.id


def _change() -> int:
    with transaction() as session:
        change = ParameterChange(
            region_code=NORTH,
            kind="levy_due_day",
            subject="levy_due_day",
            valid_from=date(2026, 8, 1),
            content={"value": 20},
            entered_by=actor("gao").account_id,
            entered_at=NOW,
        )
        session.add(change)
        session.flush()
        return change.key


def _set(statement: Any) -> None:
    with transaction() as session:
        assert session.connection().execute(statement).rowcount


def test_the_table_holds_every_page_of_the_bureau_and_what_its_view_states(app):
    views = {rule.endpoint: app.view_functions[rule.endpoint] for rule in bureau_rules(app)}
    assert {name: duties_of(view) for name, view in views.items()} == {
        name: access.duties for name, access in ACCESS.items()
    }
    of_an_office = {name for name, view in views.items() if is_on_duty(frozenset(DUTIES), view)}
    assert of_an_office == {name for name, access in ACCESS.items() if access.about != REGION}


def test_each_page_opens_to_its_duties_and_to_no_other(app, staff, numbers):
    for rule in bureau_rules(app):
        where = address(app, rule, numbers)
        for method in methods(rule):
            for duty, clerk in staff.items():
                # Without its token a form goes no further than the gate.
                status = clerk.http.open(where, method=method).status_code
                if duty not in ACCESS[rule.endpoint].duties:
                    assert status == 404, (rule.endpoint, method, duty)
                elif method == "POST":
                    assert status == 400, (rule.endpoint, duty)
                elif ACCESS[rule.endpoint].about == LIST and "number" not in rule.arguments:
                    assert status in (200, 303, 422), (rule.endpoint, duty, status)


def test_a_units_object_is_there_for_its_own_office_only(app, numbers, sign_in):
    own, other, far = sign_in("own"), sign_in("other"), sign_in("na")
    tried = 0
    for rule in bureau_rules(app):
        if ACCESS[rule.endpoint].about != UNIT:
            continue
        is_request = rule.endpoint in ("bureau.decide", "bureau.take", "bureau.put_back")
        where = address(app, rule, numbers | ({"filing_id": numbers["request_id"]} if is_request else {}))
        for method in methods(rule):
            if method == "GET":
                assert own.http.get(where).status_code in (200, 303), where
                assert other.get(where).status == far.get(where).status == 404, where
            else:
                data = {"do": "approve", "sure": "1", "reason": "x", "note": "x", "is_sure": "1"}
                assert other.post(where, data).status == far.post(where, data).status == 404, where
            tried += 1
    assert tried > 12


def test_what_is_the_whole_regions_is_not_there_for_an_office(app, numbers, sign_in):
    own, far = sign_in("own"), sign_in("na")
    for rule in bureau_rules(app):
        access = ACCESS[rule.endpoint]
        if access.about != REGION:
            continue
        where = address(app, rule, numbers)
        for method in methods(rule):
            assert own.http.open(where, method=method).status_code == 404, where
        if rule.arguments & {"run_id", "change_id", "file_id"} and set(access.duties) & set(BUSINESS):
            assert far.get(where).status in (404, 405), where


def test_lists_hold_what_is_of_the_office(numbers, sign_in, world):
    own, other = sign_in("own"), sign_in("other")
    for page in ("/bureau/", "/bureau/delegations", "/bureau/corrections", "/bureau/project-charges"):
        assert "单位23000072" in own.get(page).words, page
        assert "单位23000072" not in other.get(page).words, page
    assert "单位23000099" in other.get("/bureau/levies/1/units").words
    assert "单位23000072" not in other.page.words
    assert "单位23000099" not in own.get("/bureau/levies/1/units").words
    approve_filing(actor("gao"), numbers["filing_id"], NOW)
    assert "单位23000072" in own.get("/bureau/decided").words
    assert "单位23000072" not in other.get("/bureau/decided").words


def test_an_attachment_needs_the_duty_too(numbers, staff):
    # There is none with this number for anybody; what matters is that nobody else learns of the filing.
    filing = numbers["request_id"]
    for duty in ALONE:
        assert staff[duty].get(f"/filings/{filing}/attachments/1").status == 404


def test_services_hold_the_office_as_the_pages_do(numbers, world):
    other = actor("other")
    for call in (
        lambda: approve_filing(other, numbers["filing_id"], NOW),
        lambda: confirm_delegation(other, numbers["delegation_id"], NOW),
        lambda: settle_correction(other, numbers["correction_id"], "看过", NOW),
        lambda: reissue(other, world.ours.id, "202605", "理由", NOW),
    ):
        with pytest.raises(Missing):
            call()
    approve_filing(actor("own"), numbers["filing_id"], NOW)
    assert get_filing(numbers["filing_id"]).state == "approved"


def test_a_unit_that_asks_to_be_registered_is_the_whole_regions(numbers, sign_in):
    with reading() as session:
        draft = session.get_one(Filing, numbers["request_id"]).model_dump(exclude={"id"})
    joining = {"kind": "unit_join", "unit_id": None, "title": "新来的单位", "receipt_no": "HL-1"}
    with transaction() as session:
        found = Filing(**(draft | joining | {"state": "draft"}))
        session.add(found)
        session.flush()
        found.state = "pending"
    assert "新来的单位" in sign_in("gao").get("/bureau/").words
    assert "新来的单位" not in sign_in("own").get("/bureau/").words


@pytest.mark.parametrize("duty", ["support", "vendor"])
def test_technical_people_change_nothing_wherever_they_knock(app, numbers, sign_in, duty):
    make_account("tech", "技术", NORTH, None, duty)
    clerk = sign_in("tech")
    token = clerk.token()
    before = contents()
    opened = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("auth.sign_out", "static"):
            continue
        named = {name: numbers.get(name, 1) for name in rule.arguments} | {"filename": "x", "kind": "zip"}
        where = address(app, rule, named)
        for method in methods(rule):
            data = {"csrf_token": token, "do": "approve", "sure": "1", "reason": "x", "note": "x"}
            answer = clerk.http.open(where, method=method, data=data if method == "POST" else None)
            assert answer.status_code < 500, where
            if method == "GET" and answer.status_code == 200:
                opened.add(rule.endpoint)
    assert contents() == before
    bureau = {name for name in opened if name.startswith("bureau.")}
    assert bureau == {"bureau.machinery"}


def contents() -> dict[str, list[str]]:
    """Every row of every table but those in which a visit leaves its trace."""
    with reading() as session:
        return {
            name: sorted(str(tuple(row)) for row in session.execute(select(table)))
            for name, table in SQLModel.metadata.tables.items()
            if name not in TRACES
        }


def test_the_database_keeps_the_administrators_apart(world):
    for duties in ("system security", "audit review", "vendor support", "accept audit", "levy vendor"):
        with pytest.raises(IntegrityError):
            make_account("two", "兼任", NORTH, None, duties)
    make_account("one", "审计", NORTH, None, "audit")
    with pytest.raises(IntegrityError):
        _set(update(Account).where(Account.username == "one").values(rights="audit accept"))


def test_the_first_page_and_the_menu_are_what_may_be_done(staff, offices, sign_in):
    firsts = {duty: clerk.get("/").path for duty, clerk in staff.items()}
    assert firsts == {
        "accept": "/bureau/",
        "review": "/bureau/",
        "levy": "/bureau/levies",
        "parameters": "/bureau/parameters",
        "system": "/bureau/staff",
        "security": "/bureau/staff",
        "audit": "/bureau/audit",
        "support": "/bureau/machinery",
        "vendor": "/bureau/machinery",
        "": "/password",
    }
    for clerk in (*staff.values(), sign_in("own")):
        for link in clerk.get("/").all("//nav[@id='menu']//ul//a/@href | //nav[@id='menu']/a/@href"):
            if link != "#main":
                assert clerk.get(link).status == 200, link


def test_who_may_only_take_is_shown_no_decision(numbers, staff):
    for filing in (numbers["filing_id"], numbers["request_id"]):
        words = ("通过…", "退回…")
        page = staff["review"].get(f"/bureau/filings/{filing}")
        assert page.status == 200 and all(word in page.words for word in words)
        page = staff["accept"].get(f"/bureau/filings/{filing}")
        assert page.status == 200 and "单位23000072" in page.words
        assert not any(word in page.words for word in words)


def test_nobody_decides_on_what_he_or_she_entered(numbers):
    gao = actor("gao")
    _set(update(Filing).where(Filing.id == numbers["filing_id"]).values(submitted_by=gao.account_id))
    for call in (approve_filing, take_filing):
        with pytest.raises(Conflict) as refused:
            call(gao, numbers["filing_id"], NOW)
        assert refused.value.code == "duties.own_entry"
    zhao = actor("zhao")
    with pytest.raises(Conflict) as refused:
        confirm_delegation(gao._replace(account_id=zhao.account_id), numbers["delegation_id"], NOW)
    assert refused.value.code == "duties.own_entry"
    assert get_filing(numbers["filing_id"]).state == "pending"


# 工作人员


@pytest.fixture
def admins(world) -> None:
    for duty in ADMINISTRATION:
        make_account(duty, f"管{duty}", NORTH, None, duty)


def get(account_id: int) -> Account:
    with reading() as session:
        return session.get_one(Account, account_id)


def number_of(username: str) -> int:
    with reading() as session:
        return session.scalars(select(Account.id).where(Account.username == username)).one() or 0


def test_one_makes_the_account_and_another_gives_the_duties(admins, sign_in, app):
    system, security = sign_in("system"), sign_in("security")
    system.get("/bureau/staff")
    system.get("/bureau/staff/new")
    password = "Zephyr-墨水-4917"
    page = system.press("增加", username="xin", name="新来", new=password, again=password)
    assert "还没有职责" in page.words and not page.all("//input[@name='rights']")
    made = Clerk(app)
    assert made.sign_in("xin", password).path == "/password"
    security.get(page.path)
    assert not security.page.all("//input[@name='new']")
    page = security.press("保存职责", rights=["accept", "review"], office_code="2301")
    assert "马上生效" in page.words
    assert made.get("/").path == "/bureau/"
    assert audited("staff_made")[-1].after == {"username": "xin", "name": "新来"}
    assert audited("duties_changed")[-1].after == {"duties": ["accept", "review"], "office": "2301"}
    page = security.press("保存职责", rights=["accept", "audit"], office_code="2301")
    assert page.status == 422 and "不能和其他职责放在一起" in page.words
    page = security.press("保存职责", rights=["accept"], office_code="1501")
    assert page.status == 422 and "不是本地区的机构代码" in page.words
    assert get(number_of("xin")).rights == "accept review"


def test_an_account_is_closed_reopened_and_given_a_password(admins, sign_in, app):
    system, gao = sign_in("system"), sign_in("gao")
    system.get(f"/bureau/staff/{number_of('gao')}")
    system.get(system.page.one("//a[contains(@href, '/close')]").get("href"))
    assert "已停用" in system.press("停用账户").words
    assert gao.get("/bureau/").path == "/login"
    assert "账户已启用" in system.press("启用账户").words
    password = "Zephyr-墨水-4917"
    assert "新密码已设好" in system.press("设置新密码", new=password, again=password).words
    assert Clerk(app).sign_in("gao", password).path == "/bureau/"
    names = [audited(action)[-1].actor_name for action in ("reviewer_closed", "reviewer_reopened")]
    assert names == ["管system", "管system"] and audited("password_given")


def test_nobody_manages_his_or_her_own_account_nor_another_regions(admins):
    for name in ("system", "security"):
        own = actor(name)
        calls: list[Callable[[int], object]] = [
            lambda number, own=own: set_duties(own, number, ["audit"], "", NOW),
            lambda number, own=own: close_staff(own, number, NOW),
            lambda number, own=own: reopen_staff(own, number, NOW),
            lambda number, own=own: give_staff_password(own, number, "Zephyr-墨水-4917", NOW),
        ]
        for call in calls:
            with pytest.raises(Refusal) as refused:
                call(own.account_id)
            assert refused.value.code == "duties.own_account"
            for stranger in ("na", "wang"):
                with pytest.raises(Missing):
                    call(number_of(stranger))


def test_a_bureau_keeps_one_of_each_administrator(admins):
    last = number_of("audit")
    for call in (
        lambda: close_staff(actor("system"), last, NOW),
        lambda: set_duties(actor("security"), last, [], "", NOW),
    ):
        with pytest.raises(Refusal) as refused:
            call()
        assert refused.value.code == "duties.last_one"
    make_account("audit2", "管", WEST, None, "audit")
    with pytest.raises(Refusal):
        close_staff(actor("system"), last, NOW)
    make_account("audit3", "管", NORTH, None, "audit")
    close_staff(actor("system"), last, NOW)
    assert not get(last).is_active


def test_the_first_administrators_come_from_the_command_line(world):
    for duty in ADMINISTRATION:
        assert set_account(f"first_{duty}", "首位", "Zephyr-墨水-4917", NORTH, None, NOW, duties=[duty])
        assert get(number_of(f"first_{duty}")).rights == duty
    with pytest.raises(Refusal) as refused:
        set_account("both", "两项", "Zephyr-墨水-4917", NORTH, None, NOW, duties=ADMINISTRATION)
    assert refused.value.code == "duties.alone"


def test_a_name_is_taken_once_in_the_hall(admins):
    with pytest.raises(Refusal) as refused:
        make_staff(actor("system"), "chen", "某人", "Zephyr-墨水-4917", NOW)
    assert refused.value.code == "duties.name_taken"
    with pytest.raises(Refusal):
        make_staff(actor("system"), "xin", "某人", PASSWORD[:4], NOW)
    with pytest.raises(Refusal) as refused:
        set_duties(actor("security"), number_of("gao"), ["audit"], "2301", NOW)
    assert refused.value.code == "duties.no_office"
