"""The queue: risk before age, filters, views, locks that expire, approvals of two, what is clean in one press."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count as counting

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from models.consent import FilingConsent
from models.db import reading, transaction
from models.filing import Filing, list_events
from models.person import Enrolment, Person
from models.queue_list import MOST_COUNTED, Place, Search, count_waiting, list_waiting
from models.region import RegionParameter
from rules.refusals import Conflict, Missing, Refusal
from services.bulk_review import approve_clean
from services.filings import save_new, submit_filing, withdraw_filing
from services.reviews import approve_filing, return_filing, take_back_consent, take_filing, take_next
from services.risks import look_again
from tests.factories import NORTH, NOW, actor, id_number, make_account
from tests.integration.clerk import Clerk
from tests.integration.moment import Clock
from tests.integration.way import Way, audited, get_filing

NUMBERS = counting(810_001)


@pytest.fixture
def shen(world) -> str:
    make_account("shen", "沈审核", NORTH, None)
    return "shen"


def joining(**other: str) -> dict[str, str]:
    return {
        "id_kind": "01",
        "id_number": id_number(next(NUMBERS)),
        "name": "新来人",
        "mobile": "13800000000",
        "employment": "contract",
        "wage": "6789",
        "cover_from": "2026-06-18",
        "insurances": "310 410",
        **other,
    }


def asked(by: str = "wang", now=NOW, **other: str) -> int:
    """A 人员新增 that waits."""
    filing_id = save_new(actor(by), "person_in", joining(**other), now)
    submit_filing(actor(by), filing_id, get_filing(filing_id).version, now)
    return filing_id


def set_risk(filing_id: int, level: int) -> None:
    flags = (
        [{"code": "risk.backdated", "severity": level, "figures": {"people": 1, "days": 95}}] if level else []
    )
    with transaction() as session:
        session.connection().execute(
            update(Filing).where(Filing.id == filing_id).values(risk=flags, risk_level=level)
        )


def set_parameters(**values: int) -> None:
    with transaction() as session:
        for name, value in values.items():
            session.add(
                RegionParameter(
                    region_code=NORTH,
                    name=name,
                    valid_from=date(2026, 1, 1),
                    valid_to=date(2027, 1, 1),
                    value=value,
                )
            )


def listed(by: str = "gao", now=NOW, after: Place | None = None, limit: int = 50, **search) -> list[int]:
    who = actor(by)
    with reading() as session:
        found = list_waiting(session, who.office, Search(who.account_id, now, **search), after, limit)
    return [one.filing.key for one in found]


def counted(by: str = "gao", **search) -> int:
    who = actor(by)
    with reading() as session:
        return count_waiting(session, who.office, Search(who.account_id, NOW, **search))


def states(filing_id: int) -> list[str]:
    with reading() as session:
        return [event.state for event in list_events(session, filing_id)]


def test_risk_goes_before_age_and_pages_join_without_a_gap(world) -> None:
    found = [asked(now=NOW + timedelta(minutes=minute % 3)) for minute in range(9)]
    for filing_id, level in zip(found, (0, 2, 1, 3, 0, 2, 0, 1, 3), strict=True):
        set_risk(filing_id, level)
    with reading() as session:
        rows = [session.get_one(Filing, filing_id) for filing_id in found]
    wanted = [row.key for row in sorted(rows, key=lambda row: (-row.risk_level, row.submitted_at, row.key))]
    assert listed() == wanted
    walked: list[int] = []
    after = None
    while page := listed(after=after, limit=2):
        walked += page
        last = get_filing(page[-1])
        after = Place(last.risk_level, last.submitted_at, last.key)
    assert walked == wanted


def test_each_filter_finds_what_it_says_and_nothing_else(way: Way, shen: str) -> None:
    medical, injury = way.submitted()
    ours, theirs = asked(), asked("zhao", NOW + timedelta(minutes=1))
    set_risk(theirs, 2)
    take_filing(actor(shen), ours, NOW)
    assert listed(kind="wages") == [medical, injury]
    assert listed(insurance="410") == [injury]
    assert listed(insurance="410", kind="person_in") == []
    assert listed(risk=2) == [theirs]
    assert listed(unit="230000") == [theirs, medical, injury, ours]
    assert listed(unit="23000099") == [theirs]
    assert listed(unit="单位2300009") == [theirs], "a part of a name, too"
    assert listed(unit="3000099号") == []
    assert listed(unit="%") == []
    assert listed(taken="others") == [ours] and listed(shen, taken="mine") == [ours]
    assert listed(taken="mine") == [] and ours not in listed(taken="free")
    assert listed(before=NOW) == [] and len(listed(before=NOW + timedelta(seconds=1))) == 3
    assert listed("na") == []
    assert counted(kind="wages") == 2 and counted() == 4


def test_a_count_ends_where_nobody_counts_any_more(world) -> None:
    with reading() as session:
        plain = session.get_one(Filing, asked()).model_dump(exclude={"id"})
    rows = [{**plain, "receipt_no": f"X-{n}", "state": "draft"} for n in range(MOST_COUNTED + 5)]
    with transaction() as session:
        session.connection().execute(insert(Filing), rows)
        session.connection().execute(update(Filing).where(Filing.state == "draft").values(state="pending"))
    assert counted() == MOST_COUNTED + 1
    assert counted(kind="person_out") == 0


def test_a_lock_is_seen_refuses_the_colleague_and_expires(world, shen: str) -> None:
    filing_id = asked()
    take_filing(actor("gao"), filing_id, NOW, 30)
    with pytest.raises(Conflict) as caught:
        take_filing(actor(shen), filing_id, NOW + timedelta(minutes=29))
    assert caught.value.code == "review.taken"
    assert caught.value.params == {"name": "高审核", "until": NOW + timedelta(minutes=30)}
    with pytest.raises(Conflict):
        approve_filing(actor(shen), filing_id, NOW + timedelta(minutes=29))
    with pytest.raises(Conflict):
        withdraw_filing(actor("wang"), filing_id, NOW)
    take_filing(actor("gao"), filing_id, NOW + timedelta(minutes=20), 30)
    with pytest.raises(Conflict):
        take_filing(actor(shen), filing_id, NOW + timedelta(minutes=49))
    take_filing(actor(shen), filing_id, NOW + timedelta(minutes=50), 30)
    with pytest.raises(Conflict) as caught:
        approve_filing(actor("gao"), filing_id, NOW + timedelta(minutes=51))
    assert caught.value.params["name"] == "沈审核"
    assert states(filing_id) == ["draft", "pending", "taken", "taken"]
    approve_filing(actor(shen), filing_id, NOW + timedelta(minutes=51))
    assert get_filing(filing_id).taken_until is None


def test_wages_are_taken_like_everything_else(way: Way, shen: str) -> None:
    medical, _injury = way.submitted()
    take_filing(actor("gao"), medical, NOW)
    with pytest.raises(Conflict):
        return_filing(actor(shen), medical, "请核对", {}, NOW)
    approve_filing(actor("gao"), medical, NOW)
    assert get_filing(medical).taken_by is None


def race(*steps: Callable[[], object]) -> list[str]:
    """The steps at once; of each the code of its refusal, or nothing."""
    barrier, answers = threading.Barrier(len(steps)), []

    def run(step: Callable[[], object]) -> None:
        barrier.wait()
        try:
            step()
            answers.append("")
        except Refusal as refusal:
            answers.append(refusal.code)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_two_reviewers_on_one_record_one_wins(world, shen: str) -> None:
    filing_id, gao, other = asked(), actor("gao"), actor(shen)
    answers = race(lambda: take_filing(gao, filing_id, NOW), lambda: take_filing(other, filing_id, NOW))
    assert answers == ["", "review.taken"]
    assert len(audited("filing_taken")) == 1


def test_two_who_ask_for_the_next_get_two_different_ones(world, shen: str) -> None:
    numbers, taken = {asked(), asked()}, []
    whole = [(actor(name), Search(actor(name).account_id, NOW)) for name in ("gao", shen)]
    answers = race(*(lambda who=who, s=s: taken.append(take_next(who, s, NOW)) for who, s in whole))
    assert answers == ["", ""] and set(taken) == numbers
    with pytest.raises(Refusal) as caught:
        take_next(*whole[0], NOW)
    assert caught.value.code == "review.empty"


def test_above_the_threshold_the_effect_comes_with_the_second(way: Way, shen: str) -> None:
    set_parameters(approval_people=4)
    medical, _injury = way.submitted()
    assert approve_filing(actor("gao"), medical, NOW) == 1
    assert get_filing(medical).state == "pending"
    with pytest.raises(Conflict) as caught:
        approve_filing(actor("gao"), medical, NOW)
    assert caught.value.code == "review.agreed_already"
    assert medical not in listed(taken="free") and medical in listed(shen, taken="free")
    assert approve_filing(actor(shen), medical, NOW + timedelta(minutes=1)) == 0
    assert get_filing(medical).state == "approved"
    assert states(medical) == ["submitting", "pending", "consented", "approved"]
    assert len(audited("filing_consented")) == len(audited("filing_approved")) == 1


def test_at_the_threshold_one_is_enough(way: Way) -> None:
    medical, injury = way.submitted()
    set_parameters(approval_people=5, approval_total_fen=get_filing(medical).wage_total_fen)
    assert approve_filing(actor("gao"), medical, NOW) == 0
    set_parameters(approval_signers=3)
    assert approve_filing(actor("gao"), injury, NOW) == 0


def test_as_many_agree_as_the_region_says(way: Way, shen: str) -> None:
    make_account("third", "第三人", NORTH, None)
    medical, _injury = way.submitted()
    set_parameters(approval_total_fen=get_filing(medical).wage_total_fen - 1, approval_signers=3)
    assert [approve_filing(actor(name), medical, NOW) for name in ("gao", shen, "third")] == [2, 1, 0]


def test_an_agreement_is_taken_back_and_lapses_when_it_is_sent_again(world, shen: str) -> None:
    set_parameters(approval_people=0)
    filing_id = asked()
    approve_filing(actor("gao"), filing_id, NOW)
    take_back_consent(actor("gao"), filing_id, NOW)
    with pytest.raises(Conflict) as caught:
        take_back_consent(actor("gao"), filing_id, NOW)
    assert caught.value.code == "review.not_agreed"
    assert approve_filing(actor("gao"), filing_id, NOW) == 1
    return_filing(actor(shen), filing_id, "请补", {}, NOW)
    later = NOW + timedelta(hours=1)
    submit_filing(actor("wang"), filing_id, get_filing(filing_id).version, later)
    assert approve_filing(actor(shen), filing_id, later) == 1, (
        "what was agreed to before it was returned is over"
    )
    assert approve_filing(actor("gao"), filing_id, later) == 0


def test_the_database_lets_nobody_agree_twice(world) -> None:
    set_parameters(approval_people=0)
    filing_id = asked()
    approve_filing(actor("gao"), filing_id, NOW)
    with reading() as session:
        row = session.scalars(select(FilingConsent)).one().model_dump()
    with pytest.raises(IntegrityError), transaction() as session:
        session.connection().execute(insert(FilingConsent), [row])


def test_two_second_approvals_at_once_take_effect_once(world, shen: str) -> None:
    make_account("third", "第三人", NORTH, None)
    set_parameters(approval_people=0)
    filing_id = asked()
    approve_filing(actor("gao"), filing_id, NOW)
    others = [actor(shen), actor("third")]
    answers = race(*(lambda who=who: approve_filing(who, filing_id, NOW) for who in others))
    assert answers == ["", "review.decided"]


def clean(by: str = "wang") -> int:
    filing_id = asked(by)
    set_risk(filing_id, 0)
    return filing_id


def test_only_what_the_rule_calls_clean_is_listed(way: Way, shen: str, sign_in) -> None:
    plain = clean()
    risky, unseen, held, returned = clean(), clean(), clean(), clean()
    set_risk(risky, 1)
    with transaction() as session:
        session.connection().execute(update(Filing).where(Filing.id == unseen).values(risk=None))
    take_filing(actor(shen), held, NOW)
    return_filing(actor("gao"), returned, "请改", {}, NOW)
    submit_filing(actor("wang"), returned, get_filing(returned).version, NOW)
    set_risk(returned, 0)
    gao = sign_in("gao")
    page = gao.get("/bureau/bulk")
    assert page.all("//input[@name='pick']/@value") == [str(plain)]
    assert "不超过 50 人" in page.words and "5,000,000.00 元" in page.words
    set_parameters(bulk_people=0)
    assert "没有满足这些条件" in gao.get("/bureau/bulk").words


def test_a_declaration_that_came_back_is_not_clean_the_second_time(way: Way, run_jobs, sign_in) -> None:
    medical, injury = way.submitted()
    for number in (medical, injury):
        set_risk(number, 0)
    way.send_back(medical)
    way.type_wage(1, 1, "61000")
    way.backed_up(1)
    again = max(way.submit(1))
    run_jobs.sweep()
    set_risk(again, 0)
    picked = sign_in("gao").get("/bureau/bulk").all("//input[@name='pick']/@value")
    assert str(again) not in picked and get_filing(again).state == "pending"


def test_many_are_approved_and_the_rest_is_told_why(world, shen: str, sign_in) -> None:
    good, decided, dirty = clean(), clean(), clean()
    gao = sign_in("gao")
    gao.get("/bureau/bulk")
    page = gao.press("通过勾选的…")
    assert "确认批量通过 3 件" in page.words and get_filing(good).state == "pending"
    approve_filing(actor(shen), decided, NOW)
    set_risk(dirty, 2)
    page = gao.press("确认通过")
    assert "通过 1 件，没有通过 2 件" in page.words
    assert "不再符合批量通过的条件" in page.words and "不能再审" in page.words
    assert [get_filing(one).state for one in (good, decided, dirty)] == ["approved", "approved", "pending"]
    (event,) = audited("filings_bulk_approved")
    assert event.after["approved"] == [good] and event.after["rule"]["people"] == 50
    with reading() as session:
        person = session.scalars(select(Person).order_by(Person.id.desc())).first()
        assert session.scalars(select(Enrolment).where(Enrolment.in_filing_id == good)).first(), person


def test_a_bulk_approval_finds_no_other_regions_filing(world) -> None:
    filing_id = clean()
    with pytest.raises(Missing):
        approve_clean(actor("na"), [filing_id], NOW)
    assert get_filing(filing_id).state == "pending"


def test_nothing_ticked_is_said(world, sign_in) -> None:
    clean()
    gao = sign_in("gao")
    gao.get("/bureau/bulk")
    page = gao.press("通过勾选的…", pick=None)
    assert page.status == 422 and "没有选中业务" in page.alert


def test_a_reviewer_takes_one_after_the_other(way: Way, shen: str, sign_in, clock: Clock) -> None:
    medical, injury = way.submitted()
    gao, other = sign_in("gao"), sign_in(shen)
    gao.get("/bureau/")
    page = gao.press("办下一件")
    assert page.path == f"/bureau/filings/{medical}" and "您正在办理，到 09:30 为止" in page.words
    page = other.get("/bureau/")
    assert "高审核 在办，到 09:30" in page.words
    page = other.get(f"/bureau/filings/{medical}")
    assert "高审核 正在办理，到 09:30 为止" in page.words
    # What would be refused is not offered.
    assert page.all("//button[contains(., '通过') or contains(., '退回')]") == []
    assert other.press("办下一件").path == f"/bureau/filings/{injury}"
    page = gao.press("办下一件")
    assert page.path == "/bureau/" and "没有可以办的业务了" in page.words
    page = other.post(f"/bureau/filings/{medical}/take")
    assert page.status == 409 and "高审核 正在办理这件业务，到 06-18 09:30 为止" in page.words
    clock.move(minutes=16)
    other.get("/bureau/")
    clock.move(minutes=15)
    assert other.post(f"/bureau/filings/{medical}/take").path == f"/bureau/filings/{medical}"


def test_a_view_is_kept_used_last_and_dropped(way: Way, sign_in) -> None:
    way.submitted()
    asked()
    gao = sign_in("gao")
    gao.get("/bureau/")
    page = gao.press("查询", kind="person_in")
    assert "符合条件 1 件" in page.words
    assert gao.press("保存", name=" ").status == 422
    assert "没有写名称" in gao.page.alert
    page = gao.press("保存", name="新增人员")
    assert "新增人员 1" in page.words and len(page.all("//tbody/tr")) == 1
    again = sign_in("gao")
    assert len(again.get("/bureau/").all("//tbody/tr")) == 1, (
        "the view used last is there at the next sign-in"
    )
    assert len(again.press("全部 3").all("//tbody/tr")) == 3
    assert len(sign_in("gao").get("/bureau/").all("//tbody/tr")) == 3
    assert len(again.press("新增人员 1").all("//tbody/tr")) == 1
    again.press("删掉“新增人员”")
    assert not again.page.all("//button[starts-with(., '新增人员')]")
    assert "我的条件" not in sign_in("na").get("/bureau/").words


def test_another_persons_view_is_nobodys(way: Way, shen: str, sign_in) -> None:
    way.submitted()
    gao = sign_in("gao")
    gao.get("/bureau/?kind=wages")
    gao.press("保存", name="工资")
    other = sign_in(shen)
    for step in ("use:1", "drop:1"):
        assert other.post("/bureau/views", {"do": step}).status == 404
    assert "工资 2" in gao.get("/bureau/").words


def test_the_second_person_is_asked_on_the_pages(way: Way, shen: str, sign_in) -> None:
    set_parameters(approval_people=1)
    medical, _injury = way.submitted()
    gao, other = sign_in("gao"), sign_in(shen)
    gao.get(f"/bureau/filings/{medical}")
    page = gao.press("通过…")
    assert "要 2 人同意" in page.words
    page = gao.press("确认通过")
    assert "还要另外 1 人同意才生效" in page.words
    page = gao.get(f"/bureau/filings/{medical}")
    assert "高审核 已同意" in page.words and "一人同意，等另一人" in page.words
    page = gao.press("撤回我的同意")
    assert "已撤回您的同意" in page.words and "高审核 已同意" not in page.words
    gao.press("通过…")
    gao.press("确认通过")
    other.get(f"/bureau/filings/{medical}")
    other.press("通过…")
    page = other.press("确认通过")
    assert "新基数已经设定" in page.words and get_filing(medical).state == "approved"


def test_pages_of_the_queue_follow_each_other(world, sign_in) -> None:
    found = [asked() for _ in range(52)]
    gao = sign_in("gao")
    page = gao.get("/bureau/?kind=person_in")
    assert len(page.all("//tbody/tr")) == 50
    approve_filing(actor("gao"), found[49], NOW)
    page = gao.get(page.one("//a[@rel='next']").get("href"))
    assert page.all("//tbody//a/@href") == [f"/bureau/filings/{one}" for one in found[50:]]


def test_what_nobody_flagged_is_looked_at_and_then_clean(world) -> None:
    filing_id = asked()
    look_again(filing_id, NOW)
    assert get_filing(filing_id).risk is not None


def test_an_unknown_filter_is_left_out(way: Way, sign_in) -> None:
    way.submitted()
    gao: Clerk = sign_in("gao")
    for query in ("kind=nothing", "risk=9", "days=x", "after=999999999", "insurance=999", "unit=%00"):
        assert gao.get(f"/bureau/?{query}").status in (200, 404)
