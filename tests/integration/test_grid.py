"""录入: saves, their counts, their conflicts; as a partial, as a page, and without script."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.wage_rows import PAGE_SIZE
from rules.refusals import Refusal
from services.declarations import refresh_list
from services.wages import entries_from
from tests.factories import ALL, actor, add_people, come_back, leave
from tests.integration.way import audited, check_counts, list_rows, wages


@pytest.fixture
def open_id(way) -> int:
    return way.started()


@pytest.fixture
def grid(wang, open_id):
    """wang's browser with the grid open."""
    wang.get(f"/wages/{open_id}/rows")
    return wang


def first_row(declaration_id: int) -> int:
    return list_rows(declaration_id)[0].id


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0.00", 0), ("0.99", 99), ("1", 100), ("64038.30", 6_403_830), ("9999999.99", 999_999_999)],
)
def test_a_wage_within_the_limits_is_saved_to_the_fen(grid, open_id, text, fen):
    saved = grid.save_wage(first_row(open_id), text)
    assert saved.status == 200
    assert wages(open_id)[0] == fen
    check_counts(open_id)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-1", "是负数"),
        ("10000000.00", "太大"),
        ("1.234", "超过两位小数"),
        ("很多", "不是金额"),
        ("5千", "单位字"),
        ("1e5", "科学记数法"),
        ("=A1", "是公式"),
    ],
)
def test_what_is_no_wage_is_refused_and_kept_on_the_screen(grid, open_id, text, reason):
    row_id = first_row(open_id)
    answer = grid.save_wage(row_id, text)
    assert answer.status == 422
    assert answer.value(f"w{row_id}") == text
    assert reason in answer.one(f"//*[@id='e{row_id}']").text
    assert wages(open_id) == [None] * 5


def test_under_one_yuan_is_not_declared_and_stays_among_those_not_entered(grid, open_id):
    saved = grid.save_wage(first_row(open_id), "0.50")
    assert "此次不申报" in saved.words
    assert saved.counts == (5, 5, 0)
    assert check_counts(open_id).excluded == 1


def test_an_emptied_field_is_not_entered_any_more(grid, open_id):
    row_id = first_row(open_id)
    grid.save_wage(row_id, "60000")
    assert grid.save_wage(row_id, "").counts == (5, 5, 0)
    assert wages(open_id)[0] is None


def test_a_save_answers_with_its_row_and_the_three_counts(grid, open_id):
    row_id = first_row(open_id)
    saved = grid.save_wage(row_id, "60000")
    assert not saved.is_document
    assert saved.one("//tr").get("id") == f"r{row_id}"
    assert saved.counts == (5, 4, 1)
    assert {one.get("id") for one in saved.all("//*[@hx-swap-oob='true']")} == {"counts", "totals"}
    assert grid.get(f"/wages/{open_id}/rows").counts == (5, 4, 1)


def test_a_saved_row_shows_the_base_of_the_declarations_own_insurance(wang, way):
    declaration_id = way.started(("410", "510"))
    wang.get(f"/wages/{declaration_id}/rows")
    saved = wang.save_wage(first_row(declaration_id), "60000")
    page = wang.get(f"/wages/{declaration_id}/rows")
    of_page = page.one(f"//tr[@id='r{first_row(declaration_id)}']/td[contains(@class, 'base')]")
    of_save = saved.one("//tr/td[contains(@class, 'base')]")
    assert of_page.text_content().strip() == "5,000"
    assert of_save.text_content().strip() == "5,000"


def test_bounds_adjust_the_base_and_say_so(grid, open_id):
    low, high, *_ = list_rows(open_id)
    assert "低于下限" in grid.save_wage(low.id, "12000").words
    saved = grid.save_wage(high.id, "400000")
    assert "高于上限" in saved.words and "23,115" in saved.words


def test_a_change_above_thirty_percent_asks_for_a_note(grid, open_id):
    first, second, *_ = list_rows(open_id)
    assert "需说明" in grid.save_wage(first.id, "78000.01").words
    assert "需说明" not in grid.save_wage(second.id, "79300").words
    page = grid.get(f"/wages/{open_id}/check")
    page = grid.press("保存说明", **{f"n{first.id}": "晋升"})
    assert page.value(f"n{first.id}") == "晋升"
    assert [event.after for event in audited("note_saved")] == ["晋升"]


def test_the_second_operator_is_told_who_saved_what_and_when(grid, sign_in, open_id, clock):
    row_id = first_row(open_id)
    li = sign_in("li")
    li.get(f"/wages/{open_id}/rows")
    clock.move(minutes=7)
    grid.save_wage(row_id, "60000")
    clock.move(minutes=5)
    answer = li.save_wage(row_id, "70000")
    assert answer.status == 409
    told = answer.one(f"//*[@id='e{row_id}']").text
    assert "王经办" in told and "09:07" in told and "60,000.00" in told
    assert answer.value(f"w{row_id}") == "70000"
    assert wages(open_id)[0] == 6_000_000
    assert li.save_wage(row_id, "70000").status == 200, "saving again is the second operator's decision"
    assert wages(open_id)[0] == 7_000_000
    check_counts(open_id)


def test_the_same_wage_from_two_operators_is_no_conflict(grid, sign_in, open_id):
    row_id = first_row(open_id)
    li = sign_in("li")
    li.get(f"/wages/{open_id}/rows")
    grid.save_wage(row_id, "60000")
    assert li.save_wage(row_id, "60000.00").status == 200
    assert len(audited("wage_recorded")) == 1


def test_a_page_saved_without_script_keeps_good_rows_and_the_bad_text(grid, open_id):
    first, second, third, *_ = list_rows(open_id)
    page = grid.press("保存本页", **{f"w{first.id}": "60000", f"w{second.id}": "六万", f"w{third.id}": "0.5"})
    assert page.status == 422
    assert page.value(f"w{second.id}") == "六万"
    assert page.one(f"//input[@name='w{second.id}']").get("aria-invalid") == "true"
    assert second.name in page.alert
    assert wages(open_id) == [6_000_000, None, 50, None, None]
    assert page.counts == (5, 4, 1)
    check_counts(open_id)


def test_a_page_saved_without_script_comes_back_saved(grid, open_id):
    rows = list_rows(open_id)
    page = grid.press("保存本页", **{f"w{row.id}": "60000" for row in rows[:3]})
    assert page.status == 200 and "本页已保存" in page.words
    assert page.one("//input[@autofocus]").get("name") == f"w{rows[3].id}"
    assert page.counts == (5, 2, 3)


def test_a_page_drawn_before_another_operators_save_overwrites_nothing(grid, sign_in, open_id):
    first, second, *_ = list_rows(open_id)
    li = sign_in("li")
    li.get(f"/wages/{open_id}/rows")
    grid.press("保存本页", **{f"w{first.id}": "60000", f"w{second.id}": "61000"})
    page = li.press("保存本页", **{f"w{second.id}": "70000"})
    assert page.status == 422
    assert "王经办" in page.words
    assert wages(open_id)[:2] == [6_000_000, 6_100_000], "an untouched empty field clears nothing"


def test_a_wage_of_a_person_who_left_the_list_is_not_taken(grid, world, open_id, clock):
    row_id = first_row(open_id)
    leave(world.ours.id, world.ours.people[0])
    refresh_list(actor("wang"), open_id, clock())
    answer = grid.save_wage(row_id, "60000")
    assert answer.status == 422
    assert check_counts(open_id).insured == 4


def test_a_damaged_form_saves_nothing(open_id):
    with pytest.raises(Refusal, match=r"form\.damaged"):
        entries_from([("w1", "5")], {"o1": "nonsense"})


def test_a_partial_and_a_page_share_one_address(grid, open_id):
    address = f"/wages/{open_id}/rows?show=left"
    partial = grid.htmx(address)
    assert not partial.is_document
    assert partial.one("//section[@id='list']") is not None
    assert grid.get(address).is_document
    restored = grid.get(address, **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert restored.is_document


def test_filters_find_who_they_name(grid, way, open_id):
    way.save(open_id, dict(zip(list_rows(open_id), ["12000", "300000", "0.2", "61000"], strict=False)))
    found = {}
    for show in ("all", "left", "done", "below", "above", "changed", "excluded"):
        page = grid.get(f"/wages/{open_id}/rows?show={show}")
        found[show] = [int(one.text) for one in page.all("//td[@class='seq']")]
    assert found == {
        "all": [1, 2, 3, 4, 5],
        "left": [3, 5],
        "done": [1, 2, 4],
        "below": [1],
        "above": [2],
        "changed": [1, 2],
        "excluded": [3],
    }


def test_a_search_finds_by_name_id_and_number_and_keeps_them_out_of_the_address(grid, open_id):
    wanted = list_rows(open_id)[2]
    for words in (wanted.name, wanted.id_number.lower(), wanted.person_no):
        page = grid.press("查询", words=words)
        assert words not in page.address
        assert wanted.id_number not in page.address
        assert f"r{wanted.id}" in page.all("//tr/@id")
        assert page.value("words") == words
    grid.get(f"/wages/{open_id}/rows")
    page = grid.press("查询", words="查无此人")
    assert "没有找到匹配的人员" in page.words


def test_a_percent_sign_in_a_search_is_a_sign_like_any_other(grid, open_id):
    assert grid.press("查询", words="%").all("//td[@class='seq']") == []


def test_identity_numbers_are_masked_on_every_page(grid, open_id):
    for step in ("rows", "check", "uploads"):
        page = grid.get(f"/wages/{open_id}/{step}")
        assert not [row.id_number for row in list_rows(open_id) if row.id_number in page.text], step


def test_a_long_list_is_read_page_by_page_in_both_directions(wang, way, world):
    add_people(world.ours.id, 2 * PAGE_SIZE)
    declaration_id = way.started()
    page = wang.get(f"/wages/{declaration_id}/rows")
    seen = [int(one.text) for one in page.all("//td[@class='seq']")]
    while page.all("//a[@rel='next']"):
        page = wang.get(page.one("//a[@rel='next']").get("href"))
        seen += [int(one.text) for one in page.all("//td[@class='seq']")]
    assert seen == list(range(1, 106))
    back = wang.get(page.one("//a[@rel='prev']").get("href"))
    assert [int(one.text) for one in back.all("//td[@class='seq']")] == list(range(51, 101))


def test_the_figures_follow_a_save(grid, open_id):
    grid.save_wage(first_row(open_id), "60000")
    figure = grid.htmx(f"/wages/{open_id}/figures")
    assert "5,000" in figure.words
    assert "11.50" in figure.words, "5,000 x 0.0023, rounded once"


def test_the_chosen_insurance_is_remembered(grid, open_id):
    page = grid.get(f"/wages/{open_id}/rows?base=410")
    assert "工伤" in page.one("//nav[contains(@class, 'seg')]/a[@aria-current='true']").text
    page = grid.get(f"/wages/{open_id}/rows")
    assert "工伤" in page.one("//nav[contains(@class, 'seg')]/a[@aria-current='true']").text


def test_a_submitted_declaration_takes_no_wage(grid, way, open_id):
    row_id = first_row(open_id)
    way.save(open_id, dict.fromkeys(list_rows(open_id), "60000"))
    grid.get(f"/wages/{open_id}/rows")
    way.stated(open_id)
    way.backed_up(open_id)
    way.submit(open_id)
    answer = grid.save_wage(row_id, "70000")
    assert answer.status == 422 and "不能修改" in answer.words
    assert wages(open_id)[0] == 6_000_000


def test_each_save_is_audited_with_before_and_after(grid, open_id):
    row_id = first_row(open_id)
    grid.save_wage(row_id, "60000")
    grid.save_wage(row_id, "60000")
    grid.save_wage(row_id, "")
    events = audited("wage_recorded")
    assert [(event.before, event.after) for event in events] == [
        ({"wage_fen": None}, {"wage_fen": 6_000_000}),
        ({"wage_fen": 6_000_000}, {"wage_fen": None}),
    ]
    assert {(event.actor_name, event.subject_id) for event in events} == {("王经办", row_id)}


SAVES = st.tuples(
    st.integers(0, 5), st.sampled_from(["", "0", "0.99", "1", "55476", "9999999.99", "bad"]), st.booleans()
)
ROSTER = st.tuples(st.sampled_from(["leave", "return", "join"]), st.integers(0, 4), st.none())


@given(steps=st.lists(SAVES | ROSTER, min_size=1, max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_counts_equal_a_query_after_any_sequence_of_changes(way, world, open_id, steps):
    gone: set[int] = set()
    for what, arg, is_stale in steps:
        if isinstance(what, int):
            rows = list_rows(open_id)
            row = rows[what % len(rows)]
            way.save(open_id, {row._replace(version=row.version - 1) if is_stale else row: arg})
        elif what == "join":
            add_people(world.ours.id, 1, ALL[: 1 + arg % 3], base_wage_fen=None)
            refresh_list(actor("wang"), open_id, way.clock())
        else:
            person = world.ours.people[arg]
            if (what == "leave") != (person in gone):
                (leave if what == "leave" else come_back)(world.ours.id, person)
                gone ^= {person}
            refresh_list(actor("wang"), open_id, way.clock())
        check_counts(open_id)
    for person in gone:
        come_back(world.ours.id, person)
    refresh_list(actor("wang"), open_id, way.clock())
    check_counts(open_id)
