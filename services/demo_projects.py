"""Sample projects (示例) in every state: asked for, unpaid, in force with people on the site, dearer, over."""

from __future__ import annotations

from datetime import timedelta

from models.db import reading
from models.project import Project, list_charges, list_projects
from services.demo_people import demo_people
from services.demo_samples import Sample, attach, send
from services.filings import save_many, save_new
from services.project_payments import pay_charge
from services.reviews import approve_filing

_WORKS = ("供热管网改造一期", "换热站新建", "锅炉房节能改造", "二次管网更新", "供热调度楼")
_TRADES = ("焊工", "管道工", "电工", "普工")


def fill_projects(sample: Sample) -> None:
    """Five projects: a draft, one that waits, one unpaid, one in force, one that is over."""
    for place, name in enumerate(_WORKS):
        start = sample.ago(30 - place)
        filing_id = save_new(sample.clerk, "project_in", _registering(sample, place, name), start)
        if place == 0:
            continue
        attach(sample, filing_id, "施工合同.png")
        send(sample, filing_id)
        if place > 1:
            approve_filing(sample.reviewer, filing_id, start + timedelta(hours=3))
    with reading() as session:
        newest = list_projects(session, sample.clerk.own_unit_id)
    over, in_force = newest[0], newest[1]
    for project in (over, in_force):
        _pay(sample, project)
    _staff(sample, in_force)
    _ask(sample, in_force, "project_price", {"contract": "9800000", "reason": "增加换热站一座"}, 3)
    ended = sample.ago(1).date().isoformat()
    _ask(sample, over, "project_end", {"completed_on": ended, "note": ""}, 1, approved=True)


def _registering(sample: Sample, place: int, name: str) -> dict[str, str]:
    day = sample.now.date()
    return {
        "name": f"{name}（示例）",
        "kind": "municipal",
        "place": "150102",
        "builder": "呼和浩特市示例热力有限公司",
        "licence_no": f"SG-{day.year}-{place + 1:03d}",
        "contract_no": f"HT-{day.year}-{place + 1:03d}",
        "contract": f"{(place + 4) * 1_250_000}",
        "starts_on": (day - timedelta(days=20)).isoformat(),
        "ends_on": (day + timedelta(days=200 + place)).isoformat(),
        "manager": "白音",
        "manager_phone": "13900000000",
    }


def _pay(sample: Sample, project: Project) -> None:
    with reading() as session:
        charges = list_charges(session, project.key)
    for charge in charges:
        paid_on = sample.ago(5).date().isoformat()
        typed = {"voucher": f"PZ-{charge.id:06d}", "paid_on": paid_on}
        pay_charge(sample.reviewer, charge.id or 0, typed, sample.ago(4))


def _staff(sample: Sample, project: Project) -> None:
    """People on the site since some days."""
    found = demo_people(
        8, 91, ("150102",), 50, first_no="9100000001", year=sample.now.year, low_fen=400_000, high_fen=900_000
    )
    rows = [
        {
            "name": one.name,
            "id_kind": "01",
            "id_number": one.id_number,
            "team": "管网一班",
            "trade": _TRADES[place % len(_TRADES)],
            "mobile": "13700000000",
            "in_on": sample.ago(10).date().isoformat(),
        }
        for place, one in enumerate(found)
    ]
    send(sample, save_many(sample.clerk, "project_roster", rows, sample.ago(3), project.key))


def _ask(
    sample: Sample, project: Project, kind: str, typed: dict[str, str], days: int, *, approved: bool = False
) -> None:
    filing_id = save_new(sample.clerk, kind, typed, sample.ago(days), project.key)
    send(sample, filing_id)
    if approved:
        approve_filing(sample.reviewer, filing_id, sample.now)
