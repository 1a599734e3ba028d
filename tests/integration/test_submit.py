"""申报: frozen, sealed, handed over in the background, and never twice."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.audit import AuditEvent
from models.db import reading, transaction
from models.filing import Filing, Snapshot, get_snapshot, list_events, list_snapshot_rows
from rules.refusals import Conflict, Refusal
from services.snapshots import is_intact, seal
from services.submissions import submit_declaration
from services.windows import explain_lateness
from tests.factories import CAP, FLOOR, NORTH, actor, drop_bounds, set_bounds
from tests.integration.way import audited, count, get_declaration, get_filing, list_rows, tally, wages

RECEIPT = re.compile(r"2300-20260618-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def receipts(page) -> list[str]:
    return sorted(RECEIPT.findall(page.text.split("<table")[-1]))


def test_three_insurances_become_two_filings_that_wait_for_review(wang, way, run_jobs):
    declaration_id = way.ready()
    wang.get(f"/wages/{declaration_id}/submit")
    page = wang.press("确认申报")
    assert page.path == "/filings/" and "不要重复申报" in page.words
    filings = [get_filing(number) for number in (1, 2)]
    assert [one.insurance_codes for one in filings] == [["310"], ["410", "510"]]
    assert {one.state for one in filings} == {"submitting"}
    run_jobs()
    assert {get_filing(number).state for number in (1, 2)} == {"pending"}
    assert get_declaration(declaration_id).state == "submitted"
    assert wang.get("/filings/").words.count("待审核") >= 2
    assert count(Filing) == 2


def test_one_group_of_insurances_becomes_one_filing(way):
    assert len(way.submitted(insurances=("410", "510"))) == 1
    assert len(way.submitted(insurances=("310",))) == 1


def test_a_double_press_gives_the_same_receipts(wang, way, sign_in):
    declaration_id = way.ready()
    li = sign_in("li")
    for clerk in (wang, li):
        clerk.get(f"/wages/{declaration_id}/submit")
    pages = [clerk.press("确认申报") for clerk in (wang, li)]
    wang.get(f"/wages/{declaration_id}/submit")
    assert "已经提交" in wang.page.words
    assert len(set(receipts(pages[0]))) == 2
    assert receipts(pages[0]) == receipts(pages[1])
    assert (count(Filing), count(Snapshot)) == (2, 1)
    assert len(audited("declaration_submitted")) == 1


def test_a_page_sent_again_gives_the_same_receipts(wang, way, run_jobs):
    declaration_id = way.ready()
    revision = tally(declaration_id).revision
    pages = []
    for _ in range(3):
        pages.append(wang.post(f"/wages/{declaration_id}/submit", {"revision": str(revision)}))
        run_jobs()
    assert len({tuple(receipts(page)) for page in pages}) == 1
    assert count(Filing) == 2


def test_two_operators_submitting_at_the_same_moment_make_one_submission(way, clock):
    declaration_id = way.ready()
    revision = tally(declaration_id).revision
    found: list[tuple[int, ...]] = []
    barrier = threading.Barrier(4)

    def press(name: str) -> None:
        who = actor(name)
        barrier.wait()
        numbers, _ = submit_declaration(who, declaration_id, revision, clock())
        found.append(tuple(sorted(numbers)))

    threads = [threading.Thread(target=press, args=(name,)) for name in ("wang", "li", "wang", "li")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(1, 2)] * 4
    assert (count(Filing), count(Snapshot)) == (2, 1)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda way: way.started(), "submit.nothing_entered"),
        (lambda way: way.entered("60000"), "submit.left_unconfirmed"),
        (lambda way: way.entered(), "submit.no_statement"),
        (lambda way: way.stated(way.entered()), "submit.no_backup"),
    ],
)
def test_what_is_lacking_is_named_and_nothing_is_submitted(wang, way, prepare, code):
    declaration_id = prepare(way)
    page = wang.get(f"/wages/{declaration_id}/submit")
    assert "申报之前还要" in page.words
    page = wang.post(f"/wages/{declaration_id}/submit", {"revision": str(tally(declaration_id).revision)})
    assert page.status == 422 and page.alert
    with pytest.raises(Refusal) as caught:
        way.submit(declaration_id)
    assert caught.value.code == code
    assert count(Filing) == 0


def test_people_left_out_are_confirmed_by_name_before_submission(wang, way):
    declaration_id = way.stated(way.entered("60000", "0.5", "62000"))
    page = wang.get(f"/wages/{declaration_id}/check")
    left = page.one("//section[@id='left']").text_content()
    rows = list_rows(declaration_id)
    assert all(rows[place].name in left for place in (1, 3, 4))
    assert "此次不申报" in left
    page = wang.press("确认名单，下一步：说明")
    assert "请先看名单" in page.alert
    page = wang.press("确认名单，下一步：说明", is_read="1")
    assert page.path.endswith("/statement")
    way.backed_up(declaration_id)
    filing = get_filing(way.submit(declaration_id)[0])
    assert (filing.people, filing.wage_total_fen) == (2, 12_200_000)
    assert [event.after["people"] for event in audited("left_out_confirmed")] == [3]


def test_a_confirmed_list_that_changes_must_be_confirmed_again(way, wang):
    declaration_id = way.ready("60000", "61000")
    way.type_wage(declaration_id, 2, "")
    way.backed_up(declaration_id)
    with pytest.raises(Refusal, match=r"submit\.left_unconfirmed"):
        way.submit(declaration_id)
    stale = tally(declaration_id).revision - 1
    page = wang.post(f"/wages/{declaration_id}/check", {"revision": str(stale), "is_read": "1"})
    assert page.status == 409 and "名单有变化" in page.alert


def test_a_page_older_than_the_data_submits_nothing(wang, way):
    declaration_id = way.ready()
    wang.get(f"/wages/{declaration_id}/submit")
    way.type_wage(declaration_id, 1, "61000", by="li")
    way.backed_up(declaration_id)
    page = wang.press("确认申报")
    assert page.status == 409
    assert "确认期间数据有改动" in page.alert
    assert count(Filing) == 0


def test_the_snapshot_holds_what_was_submitted_and_its_digest_seals_it(way):
    declaration_id = way.ready("12000", "60000", "400000", "0.5")
    way.submit(declaration_id)
    with reading() as session:
        snapshot = get_snapshot(session, 1)
        rows = list_snapshot_rows(session, 1)
        assert is_intact(session, snapshot)
        altered = [row.model_dump() for row in rows]
        altered[1]["wage_fen"] += 1
        assert seal(snapshot, altered) != snapshot.digest
    assert [row.wage_fen for row in rows] == wages(declaration_id)
    assert [row.bases.get("310") for row in rows] == [
        [FLOOR // 100 * 100, "floor"],
        [500_000, "none"],
        [CAP // 100 * 100, "cap"],
        None,
        None,
    ]
    assert (snapshot.people, snapshot.excluded, snapshot.version) == (3, 2, 1)
    assert re.fullmatch(r"[0-9a-f]{64}", snapshot.digest)


def test_an_edit_after_submission_does_not_reach_the_snapshot(way):
    number = way.submitted()[0]
    way.send_back(number)
    way.type_wage(1, 1, "99999")
    with reading() as session:
        assert list_snapshot_rows(session, 1)[0].wage_fen == 6_000_000
        assert is_intact(session, get_snapshot(session, 1))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor_name = 'x'",
        "DELETE FROM audit_event",
        "UPDATE snapshot SET digest = 'x'",
        "DELETE FROM snapshot",
        "UPDATE snapshot_row SET wage_fen = 1",
        "DELETE FROM snapshot_row",
        "UPDATE filing_event SET state = 'approved'",
        "DELETE FROM filing_event",
        "UPDATE filing_mark SET reason = 'x'",
        "DELETE FROM filing_mark",
    ],
)
def test_the_database_refuses_to_change_what_is_written_once(way, statement):
    way.send_back(way.submitted()[0], marks={1: "请核对"})
    with pytest.raises(DBAPIError, match="is never changed"), transaction() as session:
        session.connection().execute(text(statement))


def test_a_failed_hand_over_says_why_and_only_then_allows_another_submission(wang, way, run_jobs):
    declaration_id = way.ready()
    first = way.submit(declaration_id)
    set_bounds(NORTH, "310", FLOOR + 10_000, CAP)
    run_jobs.sweep()
    assert {get_filing(number).state for number in first} == {"failed"}
    assert get_declaration(declaration_id).state == "open"
    page = wang.get(f"/filings/{first[0]}")
    assert "提交失败" in page.alert and "上下限已更新" in page.alert
    wang.get(f"/wages/{declaration_id}/submit")
    wang.press("确认申报")
    run_jobs()
    second = [3, 4]
    assert {get_filing(number).state for number in second} == {"pending"}
    assert not {get_filing(n).receipt_no for n in first} & {get_filing(n).receipt_no for n in second}
    with reading() as session:
        assert [event.state for event in list_events(session, first[0])] == ["submitting", "failed"]
        assert get_snapshot(session, 2).version == 2
    assert [event.after for event in audited("hand_over_failed")] == [{"code": "hand_over.bounds_changed"}]


def test_bounds_that_were_never_published_stop_the_submission(way):
    declaration_id = way.ready()
    drop_bounds(NORTH, "510")
    with pytest.raises(Refusal) as caught:
        way.submit(declaration_id)
    assert (caught.value.code, caught.value.params) == ("submit.no_bounds", {"insurances": ["510"]})
    assert count(Snapshot) == 0


def test_the_page_says_which_bounds_are_missing(wang, way):
    declaration_id = way.ready()
    drop_bounds(NORTH, "510")
    wang.get(f"/wages/{declaration_id}/submit")
    page = wang.press("确认申报")
    assert page.status == 422 and "还没有公布生育的缴费基数上下限" in page.alert


def test_the_state_is_polled_until_it_is_final(wang, way):
    number = way.submitted()[0]
    state = wang.htmx(f"/filings/{number}/state")
    assert "待审核" in state.words and state.all("//@hx-get")
    way.approve(number)
    state = wang.htmx(f"/filings/{number}/state")
    assert "审核通过" in state.words
    assert not state.all("//@hx-get"), "a final state asks no more"


def test_a_submission_after_the_last_day_is_marked_late(way, clock):
    declaration_id = way.ready()
    clock.move(days=60)
    explain_lateness(actor("wang"), declaration_id, "经办人生病", clock())
    assert all(get_filing(number).is_late for number in way.submit(declaration_id))


def test_receipts_differ_and_prove_themselves_to_anybody(wang, way, app):
    filing = get_filing(way.submitted()[0])
    assert RECEIPT.fullmatch(filing.receipt_no)
    from tests.integration.clerk import Clerk

    page = Clerk(app).get(f"/filings/verify?number={filing.receipt_no.lower()}")
    with reading() as session:
        digest = get_snapshot(session, filing.snapshot_id).digest
    assert digest in page.text.replace(" ", "")
    assert "单位23000072" not in page.text and "60,000" not in page.text
    assert Clerk(app).get("/filings/verify?number=2300-20260618-0000-0000").status == 404
    assert wang.http.get(f"/filings/{filing.id}/receipt.pdf").data[:5] == b"%PDF-"


def test_submission_and_hand_over_are_audited(way):
    way.submitted()
    (sent,), (handed,) = audited("declaration_submitted"), audited("handed_over")
    assert sent.actor_name == "王经办" and handed.actor_name == "系统"
    assert sent.after["digest"] == handed.after["digest"]
    assert count(AuditEvent, AuditEvent.unit_id.is_(None)) == 0


def test_a_submission_that_lost_its_page_is_a_conflict_not_a_bug(way, clock):
    declaration_id = way.ready()
    with pytest.raises(Conflict):
        submit_declaration(actor("wang"), declaration_id, 0, clock())
