"""通知: every step tells the unit, each person reads for oneself, deadlines are told once, old ones are forgotten."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from jobs.tasks import make_rounds
from jobs.worker import do_rounds
from models.account import Account
from models.certificate import CertificateRecord
from models.db import reading, transaction
from models.filing import Filing
from models.notice import COUNTED, Notice, NoticeRead, add_notices, count_unread, list_unread
from models.project import Project
from models.region import DeclarationWindow
from models.unit import Unit
from rules.filing_states import KINDS
from services import deadlines, notices
from services.corrections import settle_correction
from services.deadlines import step_reached, tell_deadlines
from services.delegations import Ask, ask_delegation, confirm_delegation, refuse_delegation
from services.notice_words import WORDS, mail_words, screen_words
from services.notices import Telling, forget_notices, tell_many
from services.timeline import TOLD
from tests.factories import CHINA, NOW, YEAR, actor
from tests.integration.test_person_requests import decide, join, send
from tests.integration.ukeys import OURS
from tests.integration.way import audited, count

UNREAD = "//header//a[@href='/notices']"


def told(kind: str = "") -> list[Notice]:
    with reading() as session:
        query = select(Notice).order_by(Notice.id)
        return list(session.scalars(query.where(Notice.kind == kind) if kind else query))


def tell(unit_id: int, many: int, first: int = 0, at: datetime = NOW) -> None:
    """Notices of no importance."""
    rows = [
        Telling(unit_id, "correction_settled", {"number": f"HD-{n}", "note": ""}, f"test:{unit_id}:{n}")
        for n in range(first, first + many)
    ]
    assert tell_many(rows, at) == many


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), CHINA).replace(hour=hour)


# What a person sees ------------------------------------------------------------------------------


def test_every_step_of_a_request_is_told_with_its_name(wang, sign_in):
    li = sign_in("li")
    assert "还没有通知" in li.get("/notices").words
    filing_id = join(wang)
    send(wang, filing_id)
    words = li.get("/notices").words
    assert "人员新增（新来人）已提交，等社保局审核" in words and "● 未读" in words
    decide(sign_in("gao"), filing_id, "退回", "请核对工资")
    page = li.get("/notices")
    first, second = page.all("//main//li")
    assert "人员新增（新来人）被退回" in first.text_content() and "请核对工资" in first.text_content()
    assert "已提交" in second.text_content()


def test_own_steps_are_no_news_but_the_bureaus_are(wang, sign_in):
    filing_id = join(wang)
    send(wang, filing_id)
    assert wang.get("/").one(UNREAD).get("aria-label") is None
    decide(sign_in("gao"), filing_id, "通过")
    assert wang.get("/").one(UNREAD).get("aria-label") == "通知，1 条未读"
    assert sign_in("li").get("/").one(UNREAD).get("aria-label") == "通知，2 条未读"


def test_the_wage_declarations_steps_are_told_too(way, wang):
    way.submitted()
    words = wang.get("/notices").words
    assert "2026 年度工资申报（医疗）已提交" in words and "2026 年度工资申报（工伤、生育）已提交" in words
    assert wang.get("/").one(UNREAD).get("aria-label") == "通知，2 条未读"


def test_opening_one_leads_to_its_filing_and_marks_it_read_for_this_person_only(way, wang, sign_in):
    filing_id = way.submitted()[0]
    page = wang.get("/notices")
    link = page.one("//main//li//a[contains(., '医疗')]").get("href")
    assert wang.get(link).path == f"/filings/{filing_id}"
    wang.get(link)
    assert wang.page.one(UNREAD).get("aria-label") == "通知，1 条未读"
    page = wang.get("/notices")
    assert page.text.count("● 未读") == 1
    assert sign_in("li").get("/notices").text.count("● 未读") == 2
    assert count(NoticeRead) == 1 and len(audited("notice_read")) == 1


def test_all_marked_read_means_all_that_the_page_showed(world, wang, sign_in):
    tell(world.ours.id, 3)
    wang.get("/notices")
    tell(world.ours.id, 1, first=3)
    page = wang.press("全部标为已读")
    assert "3 条通知已标为已读" in page.words
    assert page.one(UNREAD).get("aria-label") == "通知，1 条未读"
    assert sign_in("li").get("/").one(UNREAD).get("aria-label") == "通知，4 条未读"
    wang.press("全部标为已读")
    assert "全部标为已读" not in wang.page.words
    assert [event.after["count"] for event in audited("notices_read")] == [3, 1]


def test_a_damaged_form_marks_nothing(world, wang):
    tell(world.ours.id, 1)
    assert wang.post("/notices/read", {"up_to": "x"}).status == 422
    assert count(NoticeRead) == 0


def test_pages_go_by_key_and_stay_put_when_more_comes(world, wang):
    tell(world.ours.id, 65)
    first = wang.get("/notices")
    tell(world.ours.id, 5, first=65)
    second = wang.get(first.one("//a[@rel='next']").get("href"))
    third = wang.get(second.one("//a[@rel='next']").get("href"))
    numbers = [one.get("id") for page in (first, second, third) for one in page.all("//main//ul/li")]
    assert numbers == [f"n{n}" for n in range(65, 0, -1)]
    assert not third.all("//a[@rel='next']")
    assert "没有更早的通知了" in wang.get("/notices?before=1").words
    assert wang.get("/notices?before=99999999999999999999").status == 200


def test_home_shows_up_to_five_unread(world, wang):
    assert "没有未读的通知" in wang.get("/").words
    tell(world.ours.id, 7)
    panel = wang.get("/").one("//section[@aria-labelledby='t4']")
    assert len(panel.xpath(".//li")) == 5 and "HD-6" in panel.text_content()


def test_the_count_stops_where_nobody_cares(world, wang):
    tell(world.ours.id, COUNTED + 20)
    assert wang.get("/").one(UNREAD).get("aria-label") == "通知，99+ 条未读"


def test_what_the_session_knows_to_be_read_never_hides_what_is_not(world, wang, sign_in, clock):
    other = sign_in("wang")
    tell(world.ours.id, 4)
    clock.move(minutes=2)

    def both() -> list[str | None]:
        return [clerk.get("/").one(UNREAD).get("aria-label") for clerk in (wang, other)]

    assert both() == ["通知，4 条未读"] * 2
    wang.get("/notices/2")
    assert both() == ["通知，3 条未读"] * 2
    wang.get("/notices")
    wang.press("全部标为已读")
    assert both() == [None] * 2
    tell(world.ours.id, 1, first=4)
    assert both() == ["通知，1 条未读"] * 2


def test_a_notice_that_is_committed_late_is_still_counted(world, wang):
    """Numbers are given out before the commit: the higher one may be seen first."""

    def commit(number: int) -> None:
        values = {
            "unit_id": world.ours.id,
            "kind": "correction_settled",
            "params": {"number": "HD", "note": ""},
        }
        with transaction() as session:
            session.add(Notice(id=number, key=f"late:{number}", at=NOW, **values))

    commit(41)
    wang.get("/notices/41")
    assert wang.get("/").one(UNREAD).get("aria-label") is None
    commit(40)
    assert wang.get("/").one(UNREAD).get("aria-label") == "通知，1 条未读"


def test_only_who_may_look_sees_them(world, wang):
    tell(world.ours.id, 1)
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == "wang").values(rights="entry submit")
        )
    assert not wang.get("/").all(UNREAD) and "最近通知" not in wang.page.words
    assert wang.get("/notices").status == 422
    assert wang.get("/notices/1").status == 422


def test_another_units_are_nobodys_business(world, wang, sign_in):
    tell(world.theirs.id, 2)
    assert "HD-" not in wang.get("/notices").words
    assert wang.get("/notices/1").status == 404
    wang.post("/notices/read", {"up_to": "2"})
    assert count(NoticeRead) == 0
    assert sign_in("gao").get("/notices").status == 404


# What is told ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_every_kind_has_its_words(kind):
    params = {"kind": kind, "title": "王秀兰", "receipt_no": "2300-1", "year": 2026, "people": 3, "note": "x"}
    for state in TOLD:
        said = screen_words(f"filing_{state}", {**params, "insurances": ["310"]})
        assert "%(" not in said and (kind == "wages" or "（王秀兰等 3 人）" in said)
        mailed = mail_words(f"filing_{state}", {**params, "insurances": ["310"]})
        assert "王秀兰" not in mailed and "业务编号 2300-1" in mailed


def test_mails_name_nobody():
    params = {
        "kind": "person_in",
        "title": "王秀兰",
        "receipt_no": "2300-1",
        "year": 2026,
        "people": 1,
        "day": "2026-07-09",
        "insurances": ["310"],
        "subject": "王秀兰",
        "firm": "某代理公司",
        "agent": "陈静",
        "unit": "某单位",
        "name": "某项目",
        "number": "HD-1",
        "amount": "1,000.00",
        "period": "202606",
        "percent": 110,
    }
    for kind in WORDS:
        said = mail_words(kind, params)
        assert "%(" not in said
        assert not [name for name in ("王秀兰", "陈静", "某代理公司", "某单位", "某项目") if name in said], (
            kind
        )
        assert "%(" not in screen_words(kind, params)


@pytest.mark.parametrize(("left", "step"), [(15, None), (14, 14), (4, 14), (3, 3), (0, 3), (-1, None)])
def test_a_step_is_reached_when_so_many_days_are_left(left, step):
    assert step_reached(left, (14, 3)) == step


def test_a_window_that_closes_is_told_for_what_has_not_been_sent(world, way):
    way.submitted(insurances=("310",))
    assert tell_deadlines(at("2026-07-16")) == 0
    assert tell_deadlines(at("2026-07-17")) == 3
    ours = next(one for one in told("window_closes") if one.unit_id == world.ours.id)
    assert screen_words(ours.kind, ours.params) == "2026 年度工资申报 7 月 31 日截止，工伤、生育还没有申报"
    assert tell_deadlines(at("2026-07-20")) == 0
    assert tell_deadlines(at("2026-07-31")) == 3
    assert tell_deadlines(at("2026-08-01")) == 0


def test_a_window_is_not_told_to_whom_nothing_is_left(world, way):
    way.submitted()
    tell_deadlines(at("2026-07-30"))
    assert {one.unit_id for one in told("window_closes")} == {world.theirs.id, world.far.id}


def test_a_window_that_was_returned_is_told_again(world, way):
    way.submitted()
    way.send_back(1)
    tell_deadlines(at("2026-07-30"))
    ours = next(one for one in told("window_closes") if one.unit_id == world.ours.id)
    assert ours.params["insurances"] == ["310"]


def test_a_window_that_is_moved_is_told_with_its_new_day(world):
    tell_deadlines(at("2026-07-30"))
    with transaction() as session:
        session.connection().execute(update(DeclarationWindow).values(closes_on=date(YEAR, 8, 10)))
    assert tell_deadlines(at("2026-07-30", 10)) == 3
    assert {one.params["day"] for one in told("window_closes")} == {"2026-07-31", "2026-08-10"}


def certificate(digest: str, until: str, uscc: str = OURS, subject: str = "单位23000072") -> None:
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.unit_no == "23000072").values(uscc=OURS))
        codes = {
            "uscc": uscc,
            "org_code": "",
            "tax_no": "",
            "region_code": "",
            "unit_nos": [],
            "levy_no": "",
        }
        session.add(
            CertificateRecord(
                digest=digest * 64,
                der=b"",
                subject_name=subject,
                issuer_name="某CA",
                serial="1",
                algorithm="sm2",
                not_before=NOW - timedelta(days=300),
                not_after=at(until),
                codes=codes,
                first_seen_at=NOW,
            )
        )


def test_a_certificate_that_expires_is_told_twice(world):
    certificate("a", "2026-07-18")
    assert [tell_deadlines(NOW), tell_deadlines(NOW + timedelta(days=5))] == [1, 0]
    assert tell_deadlines(at("2026-07-11")) == 1
    one, two = told("certificate_expires")
    assert one.unit_id == two.unit_id == world.ours.id
    assert "7 月 18 日到期" in screen_words(one.kind, one.params)
    assert tell_deadlines(at("2026-07-18", 10)) == 4 - 1, "the windows only: it is over"
    assert len(told("certificate_expires")) == 2


def test_a_certificate_that_is_renewed_or_nobodys_is_not_told(world):
    certificate("a", "2026-07-18")
    certificate("b", "2027-07-18")
    certificate("c", "2026-07-01", uscc="91110000MA01234567", subject="别家")
    assert tell_deadlines(NOW) == 0


def delegation(until: date = date(2026, 6, 30)) -> int:
    admin = actor("wang")._replace(is_admin=True)
    return ask_delegation(admin, Ask("chen", ["query"], until), NOW)


def test_a_delegation_tells_both_sides_when_confirmed_and_when_it_ends(world, sign_in):
    number = delegation()
    confirm_delegation(actor("gao"), number, NOW)
    assert [(one.unit_id, one.kind) for one in told()] == [
        (world.ours.id, "delegation_confirmed"),
        (world.far.id, "mandate_confirmed"),
    ]
    assert tell_deadlines(NOW) == 2
    assert tell_deadlines(at("2026-06-27")) == 2
    assert tell_deadlines(at("2026-07-01")) == 0
    page = sign_in("wang").get("/notices")
    assert "给单位15010312陈经办的委托 6 月 30 日到期" in page.words
    chen = sign_in("chen")
    assert "单位23000072给陈经办的委托 6 月 30 日到期" in chen.get("/notices").words
    assert chen.get(chen.page.all("//main//li//a")[0].get("href")).path == "/mandates"


def test_a_refused_delegation_is_told_to_who_asked_with_the_reason(world, wang):
    refuse_delegation(actor("gao"), delegation(), "材料不全", NOW)
    (one,) = told()
    assert (one.unit_id, one.kind) == (world.ours.id, "delegation_refused")
    assert "材料不全" in wang.get("/notices").words


def test_a_settled_correction_is_told(world, wang):
    certificate("a", "2027-07-18")
    from services.corrections import send_correction

    send_correction("a" * 64, world.ours.id, NOW)
    settle_correction(actor("gao"), 1, "已改单位名称", NOW)
    words = wang.get("/notices").words
    assert "社保局已处理" in words and "已改单位名称" in words


def project(ends_on: date, state: str = "covered", extended_to: date | None = None, no: int = 1) -> None:
    with transaction() as session:
        unit_id = session.scalar(select(Unit.id).where(Unit.unit_no == "23000072"))
        session.add(
            Project(
                project_no=f"P{no}",
                region_code="230000",
                unit_id=unit_id,
                name=f"某桥{no}",
                contract_no=f"C{no}",
                contract_fen=100,
                starts_on=date(2025, 1, 1),
                ends_on=ends_on,
                extended_to=extended_to,
                state=state,
                created_at=NOW,
            )
        )


def test_a_projects_cover_that_ends_is_told_twice_and_again_when_extended(world, wang):
    project(date(2026, 7, 10))
    project(date(2026, 7, 10), "unpaid", no=2)
    project(date(2026, 6, 20), extended_to=date(2027, 1, 1), no=3)
    assert [tell_deadlines(NOW), tell_deadlines(at("2026-06-25")), tell_deadlines(at("2026-06-26"))] == [
        1,
        1,
        0,
    ]
    assert "项目“某桥1”参保 7 月 10 日到期" in wang.get("/notices").words
    with transaction() as session:
        session.connection().execute(
            update(Project).where(Project.project_no == "P1").values(extended_to=date(2026, 7, 20))
        )
    assert tell_deadlines(at("2026-06-26")) == 1


# Told once, whatever happens -----------------------------------------------------------------------


def test_a_round_that_dies_half_way_is_finished_by_the_next_and_doubles_nothing(world, monkeypatch):
    monkeypatch.setattr(notices, "CHUNK", 1)
    real, done = add_notices, []

    def dies(session, rows):
        real(session, rows)
        done.append(1)
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(notices, "add_notices", dies)
    with pytest.raises(KeyboardInterrupt):
        tell_deadlines(at("2026-07-30"))
    assert len(told()) == 1
    monkeypatch.setattr(notices, "add_notices", real)
    assert tell_deadlines(at("2026-07-30")) == 2
    assert tell_deadlines(at("2026-07-30")) == 0
    assert len({one.unit_id for one in told()}) == 3
    assert sum(event.after["count"] for event in audited("notices_told")) == 3


def test_two_workers_at_once_tell_each_only_once(world):
    barrier, told_here = threading.Barrier(3), []

    def one_worker() -> None:
        barrier.wait()
        told_here.append(tell_deadlines(at("2026-07-30")))

    workers = [threading.Thread(target=one_worker) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(told_here) == 3, "none of them broke"
    assert sorted(one.unit_id for one in told()) == sorted((world.ours.id, world.theirs.id, world.far.id))


def test_a_round_that_fails_keeps_no_other_from_being_done(world, monkeypatch, caplog):
    def broken(now):
        raise RuntimeError("the deadlines are broken")

    monkeypatch.setattr(deadlines, "tell_deadlines", broken)
    tell(world.ours.id, 2, at=NOW - timedelta(days=500))
    do_rounds(make_rounds(None, 400, lambda: NOW))
    assert "the round of deadlines failed" in caplog.text
    assert count(Notice) == 0
    assert set(make_rounds(None, 400, lambda: NOW)) == {"deadlines", "forgetting"}


def test_old_notices_are_forgotten_and_their_filings_stay(world, way, wang, monkeypatch):
    monkeypatch.setattr(notices, "CHUNK", 2)
    way.submitted()
    tell(world.ours.id, 3)
    wang.get("/notices")
    wang.press("全部标为已读")
    tell(world.ours.id, 1, first=3, at=NOW + timedelta(days=100))
    assert forget_notices(NOW + timedelta(days=400), 400) == 0
    assert forget_notices(NOW + timedelta(days=401), 400) == 5
    assert (count(Notice), count(NoticeRead), count(Filing)) == (1, 0, 2)
    assert sum(event.after["count"] for event in audited("notices_forgotten")) == 5


def test_the_count_and_the_list_agree(world):
    tell(world.ours.id, 9)
    person = actor("wang")
    notices.open_notice(person, 3, NOW)
    notices.read_all(person, 1, NOW)
    with reading() as session:
        counted = count_unread(session, world.ours.id, person.account_id, NOW + timedelta(hours=1))
        assert counted == (7, 1), "all is read up to the first"
        found = list_unread(session, world.ours.id, person.account_id, limit=20)
        raw = text(
            "SELECT count(*) FROM notice n LEFT JOIN notice_read r ON r.notice_id = n.id WHERE r.notice_id IS NULL"
        )
        assert len(found) == session.scalar(raw) == 7
