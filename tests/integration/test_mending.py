"""A staged file is mended line by line or kind by kind, written or replaced, and taken back; nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.db import reading
from models.upload import OUTCOMES, Upload, UploadLine, UploadRepair, count_kinds, list_lines
from models.upload_people import count_difference, list_clears, list_missing
from rules.refusals import Missing, Refusal
from services.declarations import cancel_declaration
from services.repairs import Repair, repair_kind, repair_lines
from services.uploads import apply_upload, discard_upload, recheck_upload, undo_upload
from tests.factories import actor
from tests.integration.way import audited, check_counts, count, get_upload, list_rows, tally, wages

# The people of ``make_world``: 60000.00 a year each, with the version that a fresh row has.
NOBODY = "9999999999"


def own_file(
    declaration_id: int, *wages_: str, names: dict[int, str] | None = None, extra: str = ""
) -> bytes:
    """A clerk's own table of 个人编号, 姓名 and 现工资, a wage for each of the first people."""
    rows = list_rows(declaration_id)
    lines = ["个人编号\t姓名\t现工资"]
    for place, wage in enumerate(wages_):
        name = (names or {}).get(place, rows[place].name)
        lines.append(f"{rows[place].person_no}\t{name}\t{wage}")
    return ("\r\n".join(lines) + "\r\n" + extra).encode()


def lines_of(upload_id: int, show: str = "") -> list[UploadLine]:
    with reading() as session:
        query = select(UploadLine).where(UploadLine.upload_id == upload_id).order_by(UploadLine.line_no)
        found = list(session.scalars(query))
        return found if not show else list_lines(session, upload_id, show)


def outcomes(upload_id: int) -> list[int]:
    return [getattr(get_upload(upload_id), name) for name in OUTCOMES]


def assert_adds_up(upload_id: int) -> None:
    """The counts of the upload are those of its lines, and every line is counted once."""
    upload, lines = get_upload(upload_id), lines_of(upload_id)
    assert [sum(one.outcome == name for one in lines) for name in OUTCOMES] == outcomes(upload_id)
    assert sum(outcomes(upload_id)) == upload.lines == len(lines)
    assert upload.skipped == sum(one.is_skipped for one in lines)
    assert upload.blank == sum(one.outcome == "unchanged" and one.wage_fen is None for one in lines)
    taken = [one for one in lines if one.outcome != "refused"]
    assert upload.zero == sum(one.wage_fen == 0 for one in taken)
    assert upload.under_one == sum(one.wage_fen is not None and 0 < one.wage_fen < 100 for one in taken)
    assert upload.added == len(lines_of(upload_id, "added"))
    with reading() as session:
        held = session.get_one(Upload, upload_id)
        missing = list_missing(session, held)
        difference = count_difference(session, held)
    assert upload.missing == len(missing) == difference.missing
    assert difference.added + difference.changed == upload.to_write


def test_a_bad_wage_is_mended_in_place_and_checked_again_alone(way, started):
    upload_id = way.upload(started, own_file(started, "61000", "5千", "62000"))
    assert outcomes(upload_id) == [2, 0, 0, 1]
    (bad,) = lines_of(upload_id, "refused")
    assert (bad.line_no, bad.code, bad.value, bad.fix) == (3, "wage.unit_word", "5千", {"wage": "5000.00"})
    repaired = way.repair(upload_id, 3, wage="六万")
    (line,) = repaired.lines
    assert (line.outcome, line.wage_text, line.is_repaired) == ("refused", "六万", True)
    repaired = way.repair(upload_id, 3, wage="60500")
    assert [(line.line_no, line.outcome) for line in repaired.lines] == [(3, "accepted")]
    assert (repaired.upload.accepted, repaired.upload.refused) == (3, 0)
    assert_adds_up(upload_id)
    way.apply(upload_id)
    assert wages(started) == [6_100_000, 6_050_000, 6_200_000, None, None]
    assert [event.after["wage"] for event in audited("line_repaired")] == ["六万", "60500"]


def test_a_repair_taken_back_leaves_what_the_file_said(way, started):
    upload_id = way.upload(started, own_file(started, "61000", "5千"))
    way.repair(upload_id, 3, wage="60500")
    (line,) = way.repair(upload_id, 3).lines
    assert (line.outcome, line.code, line.wage_text, line.is_repaired) == (
        "refused",
        "wage.unit_word",
        "5千",
        False,
    )
    assert count(UploadRepair) == 0
    assert_adds_up(upload_id)


def test_a_line_left_out_is_settled_and_its_wage_stays(way):
    started = way.entered("60000", "60000")
    upload_id = way.upload(started, own_file(started, "61000", "5千"))
    with pytest.raises(Refusal) as caught:
        apply_upload(actor("wang"), upload_id, "merge", 0, way.clock())
    assert (caught.value.code, caught.value.params) == ("upload.has_refused", {"count": 1})
    way.repair(upload_id, 3, is_skipped=True)
    assert outcomes(upload_id) == [1, 0, 0, 1] and get_upload(upload_id).unsettled == 0
    assert_adds_up(upload_id)
    way.apply(upload_id, mode="replace")
    assert wages(started)[:2] == [6_100_000, 6_000_000], "本行不导入 means that nothing happens to it"


def test_who_is_meant_is_asked_and_chosen(way, started):
    first, second = list_rows(started)[:2]
    extra = f"{first.person_no}\t{second.name}\t61000\r\n"
    upload_id = way.upload(started, own_file(started, extra=extra))
    (line,) = lines_of(upload_id)
    assert (line.code, line.fix) == ("line.name_differs", None)
    assert [one["row"] for one in line.params["candidates"]] == [first.id, second.id]
    (line,) = way.repair(upload_id, 2, wage_row_id=second.id).lines
    assert (line.outcome, line.wage_row_id, line.wage_fen) == ("accepted", second.id, 6_100_000)
    assert_adds_up(upload_id)
    way.apply(upload_id)
    assert wages(started)[:2] == [None, 6_100_000]


def test_a_person_of_another_declaration_cannot_be_chosen(way, started):
    theirs = way.started(by="zhao")
    upload_id = way.upload(started, own_file(started, "61000", extra=f"{NOBODY}\t某某\t61000\r\n"))
    (line,) = way.repair(upload_id, 3, wage_row_id=list_rows(theirs)[0].id).lines
    assert (line.outcome, line.code, line.wage_row_id) == ("refused", "line.unknown_person", None)


def test_of_two_lines_for_one_person_either_may_be_left_out(way, started):
    person = list_rows(started)[0]
    upload_id = way.upload(
        started, own_file(started, "61000", extra=f"{person.person_no}\t{person.name}\t62000\r\n")
    )
    assert [(one.outcome, one.code) for one in lines_of(upload_id)] == [
        ("accepted", None),
        ("refused", "line.duplicate"),
    ]
    lines = way.repair(upload_id, 3, is_skipped=True).lines
    assert [one.line_no for one in lines] == [3]
    way.repair(upload_id, 3)
    assert outcomes(upload_id) == [1, 0, 0, 1]


def test_a_duplicate_steps_in_when_the_first_is_left_out(way, started):
    person = list_rows(started)[0]
    upload_id = way.upload(
        started, own_file(started, "6万", extra=f"{person.person_no}\t{person.name}\t62000\r\n")
    )
    lines = way.repair(upload_id, 2, is_skipped=True).lines
    assert [(one.line_no, one.outcome, one.is_skipped) for one in lines] == [
        (2, "refused", True),
        (3, "accepted", False),
    ]
    assert_adds_up(upload_id)
    (line,) = way.repair(upload_id, 2, wage="63000").lines
    assert (line.outcome, line.code, line.params) == ("refused", "line.duplicate", {"first": 3})
    assert_adds_up(upload_id)


@pytest.mark.parametrize(("how", "left"), [("fix", [3, 0, 0, 0]), ("skip", [1, 0, 0, 2])])
def test_all_of_a_kind_at_once_and_back(way, started, how, left):
    upload_id = way.upload(started, own_file(started, "61000", "6万", "6.1万"))
    changed = repair_kind(actor("wang"), upload_id, "wage.unit_word", how, way.clock())
    assert changed == 2 and outcomes(upload_id) == left
    assert get_upload(upload_id).unsettled == 0
    assert_adds_up(upload_id)
    (event,) = audited("lines_repaired")
    assert event.after == {"code": "wage.unit_word", "how": how, "lines": [3, 4]}
    if how == "skip":
        assert repair_kind(actor("wang"), upload_id, "wage.unit_word", "reset", way.clock()) == 2
        assert outcomes(upload_id) == [1, 0, 0, 2] and get_upload(upload_id).skipped == 0


def test_all_repairs_can_be_taken_back_and_a_chosen_person_stays_chosen(way, started):
    first, second = list_rows(started)[:2]
    extra = f"{first.person_no}\t{second.name}\t6.1万\r\n{first.person_no}\t{first.name}\t6.2万\r\n"
    upload_id = way.upload(started, own_file(started, extra=extra))
    way.repair(upload_id, 2, wage_row_id=second.id)
    assert repair_kind(actor("wang"), upload_id, "wage.unit_word", "fix", way.clock()) == 2
    assert [(one.wage_row_id, one.wage_fen) for one in lines_of(upload_id)] == [
        (second.id, 6_100_000),
        (first.id, 6_200_000),
    ]
    assert [one.line_no for one in lines_of(upload_id, "repaired")] == [2, 3]
    with pytest.raises(Refusal, match=r"form\.damaged"):
        repair_kind(actor("wang"), upload_id, "", "skip", way.clock())
    assert repair_kind(actor("wang"), upload_id, "", "reset", way.clock()) == 2
    assert [one.code for one in lines_of(upload_id)] == ["line.name_differs", "line.duplicate"]
    assert count(UploadRepair) == 0
    assert_adds_up(upload_id)


def test_kinds_are_counted_with_what_can_be_done_for_them(way, started):
    upload_id = way.upload(started, own_file(started, "0", "6万", "12345.678", "600000", "300000"))
    with reading() as session:
        kinds = {kind.code: kind for kind in count_kinds(session, upload_id)}
    assert {code: (kind.severity, kind.count, kind.fixable) for code, kind in kinds.items()} == {
        "wage.unit_word": ("block", 1, 1),
        "wage.decimals": ("block", 1, 1),
        "wage.tenfold": ("explain", 1, 1),
        "wage.changed_much": ("explain", 1, 0),
        "wage.excluded": ("notice", 1, 0),
    }


def test_blank_zero_below_one_yuan_and_missing_are_four_things(way):
    started = way.entered("60000", "60000", "60000", "60000", "60000")
    upload_id = way.upload(started, own_file(started, "", "0", "0.8", "61000"))
    with reading() as session:
        found = count_difference(session, get_upload(upload_id))
    assert (found.blank, found.zero, found.under_one, found.missing) == (1, 1, 1, 1)
    assert (found.added, found.changed, found.unchanged, found.clears) == (0, 3, 0, 2)
    way.apply(upload_id)
    assert wages(started) == [6_000_000, 0, 80, 6_100_000, 6_000_000]


def test_a_replace_empties_what_the_file_does_not_have_and_says_whom_before(way):
    started = way.entered("60000", "60000", "60000", "60000")
    upload_id = way.upload(started, own_file(started, "61000", ""))
    with reading() as session:
        assert [one.seq for one in list_clears(session, get_upload(upload_id))] == [2, 3, 4]
    with pytest.raises(Refusal) as caught:
        way.apply(upload_id, mode="replace", cleared=2)
    assert caught.value.params == {"count": 2, "expected": 3}
    way.apply(upload_id, mode="replace", cleared=3)
    assert wages(started) == [6_100_000, None, None, None, None]
    assert get_upload(upload_id).cleared == 3
    check_counts(started)
    way.undo(upload_id)
    assert wages(started) == [6_000_000, 6_000_000, 6_000_000, 6_000_000, None]
    check_counts(started)


def test_a_wage_keyed_between_confirmation_and_replace_is_not_emptied(way):
    started = way.entered("60000")
    upload_id = way.upload(started, own_file(started, "61000"))
    job_id = apply_upload(actor("wang"), upload_id, "replace", 0, way.clock())
    way.type_wage(started, 4, "70000", by="li")
    way.jobs.runner.run(job_id)
    assert wages(started) == [6_000_000, None, None, 7_000_000, None]
    upload = get_upload(upload_id)
    assert (upload.state, upload.refusal["code"]) == ("checked", "upload.rows_changed"), (
        "checked again at once"
    )


def test_one_press_takes_everything_back_but_what_was_changed_since(way):
    started = way.entered("60000", "60000")
    upload_id = way.upload(started, own_file(started, "61000", "62000", "63000"))
    way.apply(upload_id)
    way.type_wage(started, 2, "65000", by="li")
    way.undo(upload_id)
    assert wages(started) == [6_000_000, 6_500_000, None, None, None]
    upload = get_upload(upload_id)
    assert (upload.state, upload.kept) == ("undone", 1)
    assert [event.after for event in audited("upload_undone")] == [{"restored": 2, "kept": 1}]
    check_counts(started)
    with pytest.raises(Refusal, match=r"upload\.not_applied"):
        undo_upload(actor("wang"), upload_id, way.clock())


def test_an_undone_file_can_be_checked_and_written_again(way, started, run_jobs):
    upload_id = way.upload(started, own_file(started, "61000", "6万"))
    way.repair(upload_id, 3, wage="62000")
    way.apply(upload_id)
    way.undo(upload_id)
    assert wages(started)[:2] == [None, None]
    way.jobs.runner.run(recheck_upload(actor("wang"), upload_id, way.clock()))
    assert outcomes(upload_id) == [2, 0, 0, 0], "what was mended is still mended"
    way.apply(upload_id)
    assert wages(started)[:2] == [6_100_000, 6_200_000]


def test_undo_ends_with_the_submission(way):
    started = way.started()
    rows = len(list_rows(started))
    upload_id = way.upload(started, own_file(started, *["61000"] * rows))
    way.apply(upload_id)
    way.stated(started)
    way.backed_up(started)
    way.submit(started)
    with pytest.raises(Refusal, match=r"declaration\.not_open"):
        undo_upload(actor("wang"), upload_id, way.clock())
    assert wages(started) == [6_100_000] * rows


def test_a_new_check_after_a_save_keeps_the_repairs(way, started):
    upload_id = way.upload(started, own_file(started, "61000", "6万", "7千"))
    way.repair(upload_id, 3, wage="62000")
    way.repair(upload_id, 4, is_skipped=True)
    way.type_wage(started, 1, "70000", by="li")
    way.apply(upload_id)
    assert get_upload(upload_id).refusal["code"] == "upload.rows_changed"
    assert outcomes(upload_id) == [2, 0, 0, 1] and get_upload(upload_id).unsettled == 0
    assert_adds_up(upload_id)
    way.apply(upload_id)
    assert wages(started) == [6_100_000, 6_200_000, None, None, None]


def test_the_same_bytes_find_their_file_with_all_that_was_mended(way, started):
    data = own_file(started, "61000", "6万")
    upload_id = way.upload(started, data)
    way.repair(upload_id, 3, wage="62000")
    assert way.upload(started, data, "again.txt") == upload_id
    assert outcomes(upload_id) == [2, 0, 0, 0]
    assert count(Upload) == 1


def test_only_the_own_unit_mends_a_file_and_only_while_it_waits(way, started):
    upload_id = way.upload(started, own_file(started, "61000", "6万"))
    with pytest.raises(Missing):
        repair_lines(actor("zhao"), upload_id, [Repair(3, wage="62000")], way.clock())
    with pytest.raises(Missing):
        repair_kind(actor("zhao"), upload_id, "wage.unit_word", "skip", way.clock())
    discard_upload(actor("wang"), upload_id, way.clock())
    with pytest.raises(Refusal, match=r"upload\.not_checked"):
        way.repair(upload_id, 3, wage="62000")
    assert repair_lines.__doc__ and outcomes(upload_id) == [1, 0, 0, 1]


def test_the_database_itself_refuses_two_lines_for_one_person(way, started):
    from sqlalchemy.exc import IntegrityError

    from models.db import transaction

    upload_id = way.upload(started, own_file(started, "61000"))
    row = list_rows(started)[0].id
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(UploadLine(upload_id=upload_id, line_no=9, wage_row_id=row, name="", outcome="warned"))


WAGES = st.sampled_from(
    ["", "0", "0.5", "60000", "61000", "61,000.00", "６１０００", "6万", "x", "-3", "900000", "5000"]
)
STEPS = st.lists(
    st.tuples(
        st.integers(2, 8),
        st.one_of(
            st.builds(dict, wage=WAGES),
            st.builds(dict, place=st.integers(0, 4)),
            st.just({"is_skipped": True}),
            st.just({}),
        ),
    ),
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 5), WAGES), min_size=1, max_size=7), STEPS, st.booleans())
def test_no_wage_changes_that_the_report_does_not_list(way, drawn, steps, is_replace):
    """Any lines, mended in any way: exactly what the lines say is written, and undo puts all of it back."""
    started = way.started()
    try:
        _go_through(way, started, drawn, steps, is_replace)
    finally:
        cancel_declaration(actor("wang"), started, way.clock())


def _go_through(way, started, drawn, steps, is_replace) -> None:
    rows = list_rows(started)
    way.save(started, dict(zip(rows[:3], ["60000", "61000", "0"], strict=True)))
    people = [(row.person_no, row.name) for row in rows] + [(NOBODY, "某某")]
    extra = "".join(f"{people[place][0]}\t{people[place][1]}\t{wage}\r\n" for place, wage in drawn)
    upload_id = way.upload(started, own_file(started, extra=extra))
    for line_no, change in steps:
        change = dict(change)
        if "place" in change:
            change["wage_row_id"] = rows[change.pop("place")].id
        way.repair(upload_id, line_no, **change)
        assert_adds_up(upload_id)
    if get_upload(upload_id).unsettled:
        for line in lines_of(upload_id, "refused"):
            way.repair(upload_id, line.line_no, is_skipped=True)
    before = {row.id: row.wage_fen for row in list_rows(started)}
    listed = {
        one.wage_row_id: one.wage_fen for one in lines_of(upload_id) if one.outcome in ("accepted", "warned")
    }
    with reading() as session:
        cleared = {one.id: None for one in list_clears(session, get_upload(upload_id))} if is_replace else {}
    mode = "replace" if is_replace else "merge"
    way.apply(upload_id, mode=mode, cleared=len(cleared))
    assert {row.id: row.wage_fen for row in list_rows(started)} == before | cleared | listed
    check_counts(started)
    way.undo(upload_id)
    assert {row.id: row.wage_fen for row in list_rows(started)} == before
    check_counts(started)
    assert tally(started).insured == len(rows)
