"""Which projects, changes of projects, payments and lines of rosters are refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.fields import Section, clean_fields, fields_of
from rules.identity import id_check_digit
from rules.project_dues import parse_formula
from rules.projects import (
    DETAILS,
    ENDING,
    EXTENDING,
    PAYING,
    PRICING,
    REGISTERING,
    ROSTER,
    check_ending,
    check_extension,
    check_payment,
    check_place,
    check_price,
    check_project,
    check_roster_line,
    normalise_contract_no,
    project_no,
    read_labour_permille,
    roster_document,
)
from rules.refusals import Refusal

YI = 10_000_000_000
"""One hundred million yuan, in fen."""

CHENGDU = parse_formula("price_rate", {"rate": "0.0006"})
SHANDONG = parse_formula("labour_rate", {"rate": "0.013"})
SHARE = parse_formula("share_rate", {"share": "0.15", "rate": "0.013"})
HUBEI = parse_formula("tiers", {"tiers": [[10 * YI, "0.0012"], [50 * YI, "0.001"], [None, "0.0008"]]})

START, END, TODAY = date(2026, 4, 1), date(2027, 10, 31), date(2026, 3, 20)
GOOD = {
    "name": "青城大桥新建工程",
    "kind": "市政工程",
    "place": "150102",
    "builder": "呼和浩特市住建局",
    "subcontractors": "甲劳务公司\n乙劳务公司",
    "licence_no": "150102202603010101",
    "contract_no": "QC-2026-017",
    "contract": "12,345,678.90元",
    "labour_percent": " 12.5％ ",
    "starts_on": "2026年4月1日",
    "ends_on": "20271031",
    "manager": "乌云其其格",
    "manager_phone": "13800000000",
}
WORKER = {
    "name": "张䶮",
    "id_number": "15010219900307123 7",
    "team": "钢筋一班",
    "trade": "钢筋工",
    "mobile": "138 0000 0000",
    "in_on": "2026-05-06",
}
FORMS = [REGISTERING, DETAILS, EXTENDING, PRICING, ENDING, ROSTER]
ANY_TEXT = st.text(st.characters(codec=None), max_size=30)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def cleaned(form: tuple[Section, ...], values: Mapping[str, str]) -> dict[str, Any]:
    content, errors = clean_fields(fields_of(form), values)
    assert errors == {}
    return content


def born(day: str) -> str:
    first17 = f"150102{day}123"
    return first17 + id_check_digit(first17)


def codes(found: list[Refusal]) -> list[tuple[str, str | None]]:
    return [(refusal.code, refusal.field) for refusal in found]


@pytest.mark.parametrize("form", FORMS)
def test_names_are_unique(form: tuple[Section, ...]) -> None:
    assert len(fields_of(form)) == sum(len(section.fields) for section in form)


def test_details_leave_out_what_moves_money_days_or_the_bureau() -> None:
    kept = set(fields_of(REGISTERING)) - set(fields_of(DETAILS))
    assert kept == {"place", "contract", "labour_percent", "starts_on", "ends_on", "note"}
    for name in set(fields_of(DETAILS)) - {"reason"}:
        assert fields_of(DETAILS)[name] == fields_of(REGISTERING)[name]


@pytest.mark.parametrize(
    ("typed", "permille"),
    [
        ("", 0),
        ("  ", 0),
        ("1", 10),
        ("25", 250),
        ("25%", 250),
        ("１２．５％", 125),
        ("12.5 %", 125),
        ("100", 1000),
        ("100.0", 1000),
        ("025", 250),
    ],
)
def test_a_share_of_labour_is_read(typed: str, permille: int) -> None:
    assert read_labour_permille(typed) == permille


@pytest.mark.parametrize(
    "typed",
    [
        "0",
        "0.25",
        "0.9",
        "100.1",
        "101",
        "1000",
        "-5",
        "25.55",
        "2²",
        "②",
        "25元",
        "百分之二十",
        "%",
        "٢٥",
        "\u200b",
    ],
)
def test_another_share_of_labour_is_refused(typed: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_labour_permille(typed)
    assert (caught.value.code, caught.value.field) == ("project.labour_percent", "labour_percent")
    assert caught.value.params == {"value": typed}


@pytest.mark.parametrize(
    ("place", "region", "code"),
    [
        ("150102", "150000", None),
        ("152921", "159900", None),
        ("150102", "150100", None),
        ("150202", "150100", "project.place_elsewhere"),
        ("230103", "150000", "project.place_elsewhere"),
        ("150103", "230000", "project.place_elsewhere"),
        ("15010", "150000", "project.place"),
        ("1501020", "150000", "project.place"),
        ("新城区", "150000", "project.place"),
        ("", "150000", "project.place"),
    ],
)
def test_a_project_is_insured_where_it_is_built(place: str, region: str, code: str | None) -> None:
    assert codes(check_place(place, region)) == ([(code, "place")] if code else [])


def test_a_good_project_is_taken() -> None:
    content = cleaned(REGISTERING, GOOD)
    assert content["contract"] == 1_234_567_890
    assert (content["kind"], content["starts_on"], content["ends_on"]) == (
        "municipal",
        "2026-04-01",
        "2027-10-31",
    )
    assert read_labour_permille(content["labour_percent"]) == 125
    assert check_project(content, TODAY) == []
    assert check_project(content, TODAY, region_code="150000", formula=SHANDONG) == []
    assert check_project(content, END) == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"contract": "0"}, "project.price_zero", "contract"),
        ({"ends_on": "2026-04-01"}, "project.ends_before_starts", "ends_on"),
        ({"ends_on": "2026-03-31"}, "project.ends_before_starts", "ends_on"),
        ({"starts_on": "2025-01-01", "ends_on": "2026-03-19"}, "project.already_over", "ends_on"),
        ({"labour_percent": "0.25"}, "project.labour_percent", "labour_percent"),
        ({"labour_percent": ""}, "project.labour_missing", "labour_percent"),
        ({"place": "150"}, "project.place", "place"),
        ({"place": "230103"}, "project.place_elsewhere", "place"),
    ],
)
def test_one_thing_wrong_is_said_once(change: dict[str, str], code: str, field: str) -> None:
    content = cleaned(REGISTERING, GOOD | change)
    found = check_project(content, TODAY, region_code="150000", formula=SHANDONG)
    assert codes(found) == [(code, field)]


def test_a_share_of_labour_is_asked_for_only_where_it_counts() -> None:
    content = cleaned(REGISTERING, GOOD | {"labour_percent": ""})
    for formula in (None, CHENGDU, SHARE, HUBEI):
        assert check_project(content, TODAY, formula=formula) == []


EXPIRY = date(2026, 8, 31)


@pytest.mark.parametrize(
    ("today", "extended_to", "reason", "found"),
    [
        (EXPIRY - timedelta(15), "2026-12-31", "", []),
        (EXPIRY - timedelta(14), "2026-12-31", "", [("project.extension_late", "reason")]),
        (EXPIRY - timedelta(14), "2026-12-31", "雨季停工", []),
        (EXPIRY + timedelta(30), "2026-12-31", "", [("project.extension_late", "reason")]),
        (EXPIRY + timedelta(30), "2026-12-31", "雨季停工", []),
        (EXPIRY + timedelta(30), "2026-09-01", "雨季停工", [("project.extension_past", "extended_to")]),
        (EXPIRY + timedelta(30), "2026-09-30", "雨季停工", []),
        (TODAY, "2026-08-31", "", [("project.extension_not_later", "extended_to")]),
        (TODAY, "2026-09-01", "", []),
        (
            EXPIRY,
            "2026-08-01",
            "",
            [("project.extension_not_later", "extended_to"), ("project.extension_late", "reason")],
        ),
    ],
)
def test_extensions(today: date, extended_to: str, reason: str, found: list[tuple[str, str]]) -> None:
    content = cleaned(EXTENDING, {"extended_to": extended_to, "reason": reason})
    assert codes(check_extension(content, EXPIRY, today)) == found


def test_the_days_of_notice_are_the_regions() -> None:
    content = cleaned(EXTENDING, {"extended_to": "2026-12-31"})
    (late,) = check_extension(content, EXPIRY, EXPIRY - timedelta(29), 30)
    assert late.params == {"ends_on": "2026-08-31", "days": 30}
    assert check_extension(content, EXPIRY, EXPIRY - timedelta(30), 30) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (100, 101, None),
        (100, 99, None),
        (100, 100, "project.price_same"),
        (100, 0, "project.price_zero"),
        (0, 0, "project.price_zero"),
    ],
)
def test_prices(old: int, new: int, code: str | None) -> None:
    assert codes(check_price(old, new)) == ([(code, "contract")] if code else [])


@pytest.mark.parametrize(
    ("completed_on", "code"),
    [
        ("2026-04-01", None),
        ("2026-05-01", None),
        ("2026-03-31", "project.completed_before_start"),
        ("2026-05-02", "project.completed_in_future"),
    ],
)
def test_completions(completed_on: str, code: str | None) -> None:
    found = check_ending(cleaned(ENDING, {"completed_on": completed_on}), START, date(2026, 5, 1))
    assert codes(found) == ([(code, "completed_on")] if code else [])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"in_on": "2026-04-01", "out_on": "2027-10-31"}, []),
        ({"in_on": "2026-05-06", "out_on": "2026-05-06"}, []),
        ({"in_on": "2026-03-31"}, [("roster.before_start", "in_on")]),
        ({"in_on": "2027-10-31"}, []),
        ({"in_on": "2027-11-01"}, [("roster.after_end", "in_on")]),
        ({"out_on": "2026-05-05"}, [("roster.out_before_in", "out_on")]),
        ({"out_on": "2027-11-01"}, [("roster.out_after_end", "out_on")]),
        ({"id_number": "110105194912310021"}, [("document.check_digit", "id_number")]),
        ({"id_kind": "护照"}, [("document.passport", "id_number")]),
        ({"id_kind": "护照", "id_number": "E12345678"}, []),
        ({"id_number": born("20100506")}, []),
        ({"id_number": born("20100507")}, [("roster.too_young", "id_number")]),
    ],
)
def test_workers(change: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert codes(check_roster_line(cleaned(ROSTER, WORKER | change), START, END, END)) == found


def test_a_roster_is_closed_once_the_cover_is_over() -> None:
    bad = cleaned(ROSTER, WORKER | {"out_on": "2026-01-01", "id_number": "1"})
    (closed,) = check_roster_line(bad, START, END, END + timedelta(1))
    assert (closed.code, closed.field, closed.params) == ("roster.closed", None, {"ends_on": "2027-10-31"})


def test_a_worker_without_a_kind_of_document_has_an_identity_card() -> None:
    document = roster_document(cleaned(ROSTER, WORKER))
    assert (document.kind, document.number) == ("01", "150102199003071237")
    assert roster_document({"id_kind": "06", "id_number": "e12345678"}).number == "E12345678"


def test_what_the_form_refused_is_not_judged_again() -> None:
    content, errors = clean_fields(fields_of(ROSTER), WORKER | {"id_kind": "饭卡", "in_on": "明天"})
    assert set(errors) == {"id_kind", "in_on"}
    assert check_roster_line(content, START, END, TODAY) == []
    assert check_roster_line({}, START, END, TODAY) == []
    assert check_project({}, TODAY, region_code="150000") == []
    assert check_extension({}, END, TODAY) == []
    assert check_ending({}, START, TODAY) == []


@pytest.mark.parametrize(
    ("region", "place", "day", "seq", "number"),
    [
        ("230600", "", date(2026, 3, 9), 1, "230600202603090001"),
        ("150000", "150102", date(2026, 12, 31), 9999, "150102202612319999"),
        ("23060012", "", date(2026, 3, 9), 10, "230600202603090010"),
    ],
)
def test_project_numbers(region: str, place: str, day: date, seq: int, number: str) -> None:
    assert project_no(region, place, day, seq) == number


@pytest.mark.parametrize(
    ("region", "place", "seq"),
    [("150000", "", 0), ("150000", "", 10_000), ("15", "", 1), ("150000", "新城区", 1), ("", "", 1)],
)
def test_no_number_is_made_of_nonsense(region: str, place: str, seq: int) -> None:
    with pytest.raises(ValueError, match="a project number"):
        project_no(region, place, TODAY, seq)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        name: ANY_TEXT | st.sampled_from(["0", "1", "25", "150102", "2026-05-06", "2027-01-01", "01", "其他"])
        for form in FORMS
        for name in fields_of(form)
    },
)


@given(VALUES, DAYS, DAYS, DAYS)
def test_any_form_is_answered_with_refusals_only(
    values: dict[str, str], today: date, one: date, other: date
) -> None:
    starts_on, ends_on = sorted((one, other))
    answers = {
        REGISTERING: lambda content: check_project(content, today, region_code="150000", formula=SHANDONG),
        EXTENDING: lambda content: check_extension(content, ends_on, today),
        PRICING: lambda content: check_price(YI, content.get("contract") or 0),
        ENDING: lambda content: check_ending(content, starts_on, today),
        ROSTER: lambda content: check_roster_line(content, starts_on, ends_on, today),
    }
    for form, answer in answers.items():
        content, _errors = clean_fields(fields_of(form), values)
        for refusal in answer(content):
            assert refusal.code.split(".")[0] in ("project", "roster", "document")
            assert refusal.field is None or refusal.field in fields_of(form)


@given(st.dictionaries(st.sampled_from(["kind", "number"]), ANY_TEXT), ANY_TEXT, ANY_TEXT)
def test_any_text_is_read_or_refused(values: dict[str, str], percent: str, place: str) -> None:
    for ask in (
        lambda: read_labour_permille(percent),
        lambda: check_place(place, "150000"),
        lambda: roster_document({f"id_{name}": value for name, value in values.items()}),
    ):
        try:
            ask()
        except Refusal as refusal:
            assert refusal.field


@given(st.integers(10, 1000))
def test_every_share_of_labour_is_read_back(permille: int) -> None:
    assert read_labour_permille(f"{permille // 10}.{permille % 10}") == permille


@pytest.mark.parametrize(
    ("paid_on", "code"),
    [
        ("2026-05-01", None),
        ("2026-04-20", None),
        ("2026-04-19", "payment.before_charge"),
        ("2026-05-02", "payment.in_future"),
    ],
)
def test_payments(paid_on: str, code: str | None) -> None:
    content = cleaned(PAYING, {"voucher": "8800123", "paid_on": paid_on})
    found = check_payment(content, date(2026, 4, 20), date(2026, 5, 1))
    assert codes(found) == ([(code, "paid_on")] if code else [])


@pytest.mark.parametrize("typed", ["QC-2026-017", " qc-2026-017 ", "ＱＣ-2026 -017"])
def test_a_contract_number_has_one_spelling(typed: str) -> None:
    assert normalise_contract_no(typed) == "QC-2026-017"
