"""Twenty thousand people: started, uploaded, submitted and approved, with every count right."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import text

from models.db import transaction
from models.filing import SnapshotRow
from models.person import PersonBase
from tests.factories import NORTH, make_account, make_unit
from tests.integration.way import check_counts, count, get_filing, get_upload

PEOPLE = 20_000
WAGE = "65000.25"


@pytest.fixture
def large(way):
    """The way of a unit of twenty thousand, with its operator da."""
    unit = make_unit(NORTH, "23020000", PEOPLE, ("310", "410"))
    make_account("da", "大经办", NORTH, unit.id)
    # What autovacuum does by itself within a minute of such a load.
    with transaction() as session:
        session.connection().execute(text("ANALYZE"))
    return way


def test_twenty_thousand_people_go_the_whole_way(large, sign_in):
    declaration_id = large.started(("310", "410"), by="da")
    assert check_counts(declaration_id).insured == PEOPLE

    clerk = sign_in("da")
    data = clerk.http.get(f"/wages/{declaration_id}/download/zip").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read(archive.namelist()[0]).decode("gb18030")
    filled = content.replace("\t\r\n", f"\t{WAGE}\r\n").encode("gb18030")
    upload_id = large.upload(declaration_id, filled, by="da")
    checked = get_upload(upload_id)
    assert (checked.state, checked.accepted + checked.warned, checked.refused) == ("checked", PEOPLE, 0)
    large.apply(upload_id, by="da")
    kept = check_counts(declaration_id)
    assert (kept.entered, kept.wage_total_fen) == (PEOPLE, PEOPLE * 6_500_025)
    assert clerk.get(f"/wages/{declaration_id}/rows?after=19950").counts == (PEOPLE, 0, PEOPLE)

    assert large.explain(declaration_id, by="da") == checked.warned > 0
    large.stated(declaration_id, by="da")
    large.backed_up(declaration_id, by="da")
    medical, _injury = large.submit(declaration_id, by="da")
    large.jobs.sweep()
    assert (get_filing(medical).state, get_filing(medical).people) == ("pending", PEOPLE)
    assert count(SnapshotRow) == PEOPLE
    large.approve(medical)
    assert count(PersonBase, PersonBase.year == 2026, PersonBase.base_fen == 541_700) == PEOPLE
