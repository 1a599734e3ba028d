"""实名花名册: one worker by the form, many from a file, changed at once and closed at the end."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select

from models.audit import AuditEvent
from models.db import reading
from models.project import ProjectWorker, count_workers
from rules.identity import mask_id
from tests.factories import id_number, make_project
from tests.integration.project_desk import get_filing, rows, save, send

NUMBER = "150102199003071237"


def worker(**other: str) -> dict[str, str]:
    """A line of the roster that is right in every field."""
    return {
        "name": "张䶮",
        "id_number": NUMBER,
        "team": "钢筋一班",
        "trade": "钢筋工",
        "mobile": "13800000000",
        "in_on": "2026-05-06",
        **other,
    }


@pytest.fixture
def project_id(world) -> int:
    return make_project(world.ours)


def put(clerk, project_id: int, **other: str):
    """A line that is saved and submitted."""
    return send(clerk, save(clerk, f"/projects/{project_id}/roster/add", **worker(**other)))


def stays() -> list[tuple[str, date, date | None]]:
    found = rows(select(ProjectWorker).order_by(ProjectWorker.id))
    return [(one.name, one.in_on, one.out_on) for one in found]


def test_a_worker_stands_on_the_roster_at_once(wang, project_id):
    page = put(wang, project_id)
    assert "已经生效" in page.words
    assert stays() == [("张䶮", date(2026, 5, 6), None)]
    page = wang.get(f"/projects/{project_id}/roster")
    assert mask_id(NUMBER) in page.words and NUMBER not in page.text
    assert "在场" in page.words and "钢筋工" in page.words
    (event,) = rows(select(AuditEvent).where(AuditEvent.action == "roster_changed"))
    assert NUMBER not in json.dumps(event.after)
    assert event.after["lines"][0]["before"] is None


def test_somebody_leaves_and_their_number_need_not_be_seen(wang, project_id):
    put(wang, project_id)
    page = wang.get(f"/projects/{project_id}/roster")
    page = wang.get(page.one("//tr[@id]//td/a").get("href"))
    assert page.value("id_number") == mask_id(NUMBER) and NUMBER not in page.text
    page = wang.press("保存", out_on="2026-06-17")
    assert NUMBER not in page.text
    send(wang, int(page.path.rsplit("/", 1)[1]))
    assert stays() == [("张䶮", date(2026, 5, 6), date(2026, 6, 17))]
    assert "已退场" in wang.get(f"/projects/{project_id}/roster").words
    assert "今天没有人在场" in wang.get(f"/projects/{project_id}/roster?show=here").words


def test_a_masked_number_that_fits_nobody_is_refused(wang, project_id):
    put(wang, project_id)
    wang.get(f"/projects/{project_id}/roster/add")
    page = wang.press("保存", **worker(name="李四", id_number=mask_id(NUMBER)))
    assert page.status == 422 and "找不到同名同号的人" in page.alert


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id_number": "150102199003071238"}, "id_number"),
        ({"name": "张3"}, "name"),
        ({"in_on": "2026-03-31"}, "in_on"),
        ({"out_on": "2026-05-01"}, "out_on"),
        ({"mobile": "123"}, "mobile"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(wang, project_id, change, field):
    wang.get(f"/projects/{project_id}/roster/add")
    page = wang.press("保存", **worker(**change))
    assert page.status == 422
    assert [one.get("id") for one in page.all("//p[@class='err']")] == [f"e-{field}"]


def test_times_on_the_site_do_not_overlap(wang, project_id):
    put(wang, project_id, out_on="2026-05-20")
    wang.get(f"/projects/{project_id}/roster/add")
    page = wang.press("保存", **worker(in_on="2026-05-20"))
    assert page.status == 422 and "从 2026-05-06 起已在花名册上" in page.alert
    put(wang, project_id, in_on="2026-05-21")
    assert len(stays()) == 2


def test_two_drafts_that_overlap_are_not_both_kept(wang, project_id):
    drafts = [
        save(wang, f"/projects/{project_id}/roster/add", **worker(in_on=day))
        for day in ("2026-05-06", "2026-05-07")
    ]
    for filing_id in drafts:
        send(wang, filing_id)
    assert [get_filing(one).state for one in drafts] == ["approved", "draft"]
    assert len(stays()) == 1


def test_a_person_may_be_in_several_projects_and_in_a_unit(wang, world, project_id):
    other = make_project(world.ours)
    known = id_number(1)
    for one in (project_id, other):
        put(wang, one, id_number=known)
    assert len(stays()) == 2


def test_the_roster_is_closed_when_the_cover_is_over(wang, world):
    project_id = make_project(world.ours, ends_on=date(2026, 6, 17))
    assert "花名册不能再改" in wang.get(f"/projects/{project_id}/roster").words
    wang.get(f"/projects/{project_id}/roster/add")
    page = wang.press("保存", **worker())
    assert page.status == 422 and "请先办“延期”" in page.alert


def test_an_unpaid_roster_says_so(wang, world):
    project_id = make_project(world.ours, "unpaid")
    put(wang, project_id)
    page = wang.get(f"/projects/{project_id}/roster")
    assert "项目未生效，名单上的人还没有参保" in page.words


def test_many_come_from_a_file_and_faults_are_mended(wang, project_id):
    put(wang, project_id)
    lines = ["姓名,证件号码,班组/分包,工种,进场日期,退场日期"]
    lines += [f"工人{'甲乙丙丁'[n]},{id_number(700 + n)},木工班,木工,2026-06-0{n + 1}," for n in range(3)]
    lines.append(f"张䶮,{mask_id(NUMBER)},钢筋一班,钢筋工,2026-05-06,2026-06-01")
    lines.append(f"工人丁,{id_number(703)},木工班,木工,2026-03-01,")
    wang.get(f"/projects/{project_id}/roster/batch")
    page = wang.press("上传并检查", file=("花名册.csv", "\r\n".join(lines).encode("gb18030")))
    filing_id = int(page.path.rsplit("/", 1)[1])
    assert "要改" in page.words and "早于项目开工日期" in page.words
    wang.get(f"/filings/{filing_id}/lines/5")
    wang.press("保存", in_on="2026-06-10")
    send(wang, filing_id)
    assert get_filing(filing_id).state == "approved"
    with reading() as session:
        assert count_workers(session, project_id, date(2026, 6, 18)) == (5, 4)
    assert ("张䶮", date(2026, 5, 6), date(2026, 6, 1)) in stays()


def test_a_long_roster_goes_on_by_key(wang, project_id):
    from models.db import transaction

    with transaction() as session:
        for n in range(51):
            session.add(
                ProjectWorker(
                    project_id=project_id, name="工人", id_number=id_number(800 + n), in_on=date(2026, 5, 1)
                )
            )
    page = wang.get(f"/projects/{project_id}/roster?show=here")
    assert len(page.all("//tbody/tr")) == 50
    page = wang.get(page.one("//*[@class='pager']/a").get("href"))
    assert len(page.all("//tbody/tr")) == 1
