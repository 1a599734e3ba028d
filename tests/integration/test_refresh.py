"""刷新名单 brings people in and takes them out, and loses no entered wage."""

from __future__ import annotations

from models.declaration import WageRow
from tests.factories import add_people, come_back, leave
from tests.integration.way import audited, check_counts, count, get_declaration, list_rows, wages


def refreshed(clerk, declaration_id: int):
    clerk.get(f"/wages/{declaration_id}/rows")
    return clerk.press("刷新名单")


def test_a_new_person_comes_in_and_everybody_keeps_their_wage(wang, way, world):
    declaration_id = way.entered("60000", "61000")
    add_people(world.ours.id, 2, base_wage_fen=7_000_000)
    page = refreshed(wang, declaration_id)
    assert "新来 2 人，离开 0 人" in page.words
    assert page.counts == (7, 5, 2)
    assert wages(declaration_id)[:2] == [6_000_000, 6_100_000]
    assert [row.seq for row in list_rows(declaration_id)] == list(range(1, 8))
    assert list_rows(declaration_id)[5].old_wage_fen == 7_000_000
    check_counts(declaration_id)


def test_a_person_who_left_is_out_of_the_list_and_of_the_counts(wang, way, world):
    declaration_id = way.entered("60000", "61000", "62000")
    leave(world.ours.id, world.ours.people[0])
    page = refreshed(wang, declaration_id)
    assert "新来 0 人，离开 1 人" in page.words
    assert page.counts == (4, 2, 2)
    assert [row.seq for row in list_rows(declaration_id)] == [1, 2, 3, 4]
    assert wages(declaration_id)[:2] == [6_100_000, 6_200_000]
    check_counts(declaration_id)


def test_who_comes_back_finds_the_entered_wage_again(wang, way, world):
    declaration_id = way.entered("60000", "61000")
    leave(world.ours.id, world.ours.people[1])
    refreshed(wang, declaration_id)
    assert 6_100_000 not in wages(declaration_id)
    assert count(WageRow, WageRow.wage_fen == 6_100_000) == 1, "the row of who left keeps its wage"
    come_back(world.ours.id, world.ours.people[1])
    refreshed(wang, declaration_id)
    assert wages(declaration_id)[:2] == [6_000_000, 6_100_000]
    assert check_counts(declaration_id).entered == 2


def test_leaving_one_insurance_keeps_the_person_for_the_others(wang, way, world):
    declaration_id = way.entered()
    leave(world.ours.id, world.ours.people[0], ("310",))
    refreshed(wang, declaration_id)
    assert list_rows(declaration_id)[0].insurances == "410 510"
    assert check_counts(declaration_id).insured == 5


def test_a_refresh_without_changes_says_so_and_keeps_old_files_valid(wang, way):
    declaration_id = way.entered()
    before = get_declaration(declaration_id).roster_version
    assert "名单没有变化" in refreshed(wang, declaration_id).words
    assert get_declaration(declaration_id).roster_version == before


def test_a_changed_list_makes_files_downloaded_before_it_recognisable(wang, way, world):
    declaration_id = way.started()
    add_people(world.ours.id, 1)
    refreshed(wang, declaration_id)
    assert get_declaration(declaration_id).roster_version == 2


def test_a_refresh_is_audited(wang, way, world):
    declaration_id = way.started()
    leave(world.ours.id, world.ours.people[0])
    add_people(world.ours.id, 2)
    refreshed(wang, declaration_id)
    assert [event.after for event in audited("list_refreshed")] == [{"joined": 2, "left": 1}]


def test_a_refresh_after_a_backup_asks_for_a_new_one(wang, way, world):
    declaration_id = way.ready()
    add_people(world.ours.id, 1)
    refreshed(wang, declaration_id)
    assert "需重新备份" in wang.get(f"/wages/{declaration_id}/backup").words
