"""The audit trail as a chain: whatever is bent is found, threads keep one chain, and the auditor's pages show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from app import main
from cert.seal import Seal
from models import audit, db, migrate
from models.audit import CHAINED, AuditCheckpoint, AuditHead
from models.audit_list import list_events
from models.db import direct_transaction, is_sqlite, reading, transaction
from rules.refusals import Refusal
from services import audit_chain
from services.audit_chain import as_file, read_checkpoint, seal_head, verify
from services.audit_search import export_events, read_search
from tests.factories import NORTH, NOW, actor
from tests.integration.way import audited

SEAL = Seal("17" * 32)
EVENTS = 12
OTHER = {"at": "2001-01-01 00:00:00.000000+00:00", "prev": "9" * 64, "digest": "9" * 64}


def sql(*statements: str) -> None:
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def record(count: int = EVENTS) -> None:
    for number in range(count):
        with transaction() as session:
            values = {"fen": number, "名称": "单位"}
            audit.record(
                session, actor("wang"), "tested", "thing", number + 1, NOW, before=values, after=values
            )


def last() -> int:
    with reading() as session:
        return session.get_one(AuditHead, 1).seq


@pytest.fixture
def trail(world) -> int:
    """A dozen events; the number of the last."""
    record()
    return last()


@contextmanager
def unguarded() -> Iterator[Session]:
    """A transaction of somebody who may do everything to the database: without its triggers, which then come back."""
    tables = ("audit_event", "audit_head", "audit_checkpoint")
    with transaction() as session:
        if not is_sqlite():
            for table in tables:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            yield session
            for table in tables:
                session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            return
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
        triggers = session.execute(query).all()
        for name, _made in triggers:
            session.execute(text(f"DROP TRIGGER {name}"))
        yield session
        for _name, made in triggers:
            session.connection().exec_driver_sql(made)


def bend(*statements: str, **values: object) -> None:
    with unguarded() as session:
        for statement in statements:
            session.execute(text(statement), values)


def broken() -> tuple[str, int] | None:
    found = verify().broken
    return (found.code, found.seq) if found else None


def rows() -> list[dict[str, object]]:
    with reading() as session:
        return [dict(row._mapping) for row in session.execute(text("SELECT * FROM audit_event ORDER BY id"))]


def put_back(kept: list[dict[str, object]]) -> None:
    names = list(kept[0])
    insert = text(
        f"INSERT INTO audit_event ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
    )
    with unguarded() as session:
        session.execute(text("DELETE FROM audit_event"))
        session.execute(insert, kept)


def test_a_trail_that_nobody_touched_is_whole(trail):
    verdict = verify()
    assert verdict.broken is None
    assert verdict.reached.seq == trail == EVENTS


def test_an_event_names_its_region_and_the_one_before_it(trail):
    events = audited("tested")
    assert {one.region_code for one in events} == {NORTH}
    assert [one.prev for one in events[1:]] == [one.digest for one in events[:-1]]


@pytest.mark.parametrize("verb", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event WHERE id = 3",
    "UPDATE audit_head SET seq = seq + 1", "UPDATE audit_head SET digest = 'x'", "DELETE FROM audit_head",
    "UPDATE audit_head SET seq = seq - 1", "INSERT INTO audit_head (id, seq, digest) VALUES (1, 0, 'x')"])  # fmt: skip
def test_the_database_refuses_to_bend_the_chain(trail, verb):
    with pytest.raises(DatabaseError):
        sql(verb)
    assert broken() is None


@pytest.mark.parametrize("number", [3, EVENTS + 2, EVENTS + 1])
def test_the_database_refuses_an_event_that_does_not_follow(trail, number):
    verb = "INSERT OR REPLACE" if is_sqlite() else "INSERT"
    values = f"{number}, '2026-01-01', 'x', 'x', 'x', '', '{'0' * 64}', '{'1' * 64}'"
    names = "id, at, actor_name, action, subject, region_code, prev, digest"
    with pytest.raises(DatabaseError):
        sql(f"{verb} INTO audit_event ({names}) VALUES ({values})")
    assert broken() is None


def test_the_database_refuses_to_empty_the_trail(trail):
    seal_head(SEAL, NOW)
    for table in ("audit_event", "audit_head", "audit_checkpoint"):
        with pytest.raises(DatabaseError):
            sql(f"DELETE FROM {table}" if is_sqlite() else f"TRUNCATE {table}")
    assert broken() is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seq=st.integers(1, EVENTS), column=st.sampled_from([*CHAINED[1:], "digest"]), extra=st.integers(1, 9))
def test_any_column_of_any_row_that_is_changed_is_found(trail, seq, column, extra):
    kept = rows()
    new: object = OTHER.get(column, kept[seq - 1][column])
    if column in ("subject_id", "unit_id", "actor_id"):
        others = {"subject_id": 100 + extra, "unit_id": None, "actor_id": None}
        new = others[column]
    elif column not in OTHER:
        new = f"{new} {extra}"
    bend(f"UPDATE audit_event SET {column} = :new WHERE id = :seq", new=new, seq=seq)
    found = broken()
    put_back(kept)
    assert found == ("changed", seq)
    assert broken() is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=st.sets(st.integers(1, EVENTS), min_size=1, max_size=EVENTS))
def test_any_event_that_is_gone_is_found(trail, gone):
    kept = rows()
    bend(f"DELETE FROM audit_event WHERE id IN ({', '.join(map(str, gone))})")
    found = broken()
    put_back(kept)
    first = min(gone)
    assert found == ("cut" if gone == set(range(first, EVENTS + 1)) else "missing", first)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.sets(st.integers(1, EVENTS), min_size=2, max_size=2))
def test_two_events_that_change_places_are_found(trail, pair):
    one, other = sorted(pair)
    kept = rows()
    bend(
        f"UPDATE audit_event SET id = 999 WHERE id = {one}",
        f"UPDATE audit_event SET id = {one} WHERE id = {other}",
        f"UPDATE audit_event SET id = {other} WHERE id = 999",
    )
    found = broken()
    put_back(kept)
    assert found == ("changed", one)


def rewrite(start: int) -> None:
    """Bend one event and forge every digest from there on, the head included."""
    kept = rows()
    kept[start - 1]["actor_name"] = "别人"
    prev = kept[start - 2]["digest"] if start > 1 else audit.GENESIS
    for row in kept[start - 1 :]:
        row["prev"] = prev
        row["digest"] = prev = audit.digest_of([row[name] for name in CHAINED])
    put_back(kept)
    bend(f"UPDATE audit_head SET digest = '{prev}'")


def test_an_event_put_in_by_hand_is_found(trail):
    names = "at, actor_name, action, subject, region_code, prev, digest"
    bend(f"INSERT INTO audit_event (id, {names}) SELECT 99, {names} FROM audit_event WHERE id = 1")
    assert broken() == ("surplus", EVENTS + 1)
    bend("UPDATE audit_event SET id = 0 WHERE id = 99")
    assert broken() == ("order", 0)


def test_a_head_that_was_moved_is_found(trail):
    bend(f"UPDATE audit_head SET digest = '{'5' * 64}'")
    assert broken() == ("head", EVENTS)
    bend("DELETE FROM audit_head")
    assert broken() == ("no_head", EVENTS)
    with pytest.raises(RuntimeError, match="head"):
        record(1)


def test_a_chain_rewritten_as_a_whole_is_found_by_a_checkpoint_only(trail):
    made, _verdict = seal_head(SEAL, NOW)
    outside = as_file(made)
    kept_head = last()
    rewrite(4)
    assert broken() == ("rewritten", outside.seq)
    bend("DELETE FROM audit_checkpoint")
    assert broken() is None
    found = verify(outside=outside).broken
    assert (found.code, found.seq) == ("rewritten", outside.seq)
    assert kept_head == EVENTS + 1


def test_a_tail_cut_off_with_its_head_is_found_by_a_checkpoint_only(trail):
    outside = as_file(seal_head(SEAL, NOW)[0])
    kept = rows()[: EVENTS - 4]
    put_back(kept)
    bend(f"UPDATE audit_head SET seq = {len(kept)}, digest = '{kept[-1]['digest']}'")
    bend("DELETE FROM audit_checkpoint")
    assert broken() is None
    found = verify(outside=outside).broken
    assert (found.code, found.seq, found.until) == ("cut", len(kept) + 1, outside.seq)


def test_a_checkpoint_file_is_believed_only_as_it_was_signed(trail):
    data = as_file(seal_head(SEAL, NOW)[0]).to_file()
    assert read_checkpoint(data, SEAL.public_key).seq == EVENTS
    bent = json.loads(data) | {"seq": 3}
    for wrong, code in (
        (json.dumps(bent).encode(), "audits.bad_signature"),
        (b"\x00", "audits.no_checkpoint"),
        (b"[]", "audits.no_checkpoint"),
        (json.dumps(bent | {"seq": "3"}).encode(), "audits.no_checkpoint"),
    ):
        with pytest.raises(Refusal, match=code):
            read_checkpoint(wrong, SEAL.public_key)
    with pytest.raises(Refusal, match=r"audits.other_key"):
        read_checkpoint(data, Seal("18" * 32).public_key)


def test_two_threads_that_append_keep_one_chain(world):
    start = Barrier(4)

    def write(place: int) -> None:
        start.wait()
        for number in range(10):
            way = direct_transaction if (place + number) % 2 else transaction
            with way() as source:
                audit.record(source, actor("wang"), "tested", "thing", place, NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert (last(), broken()) == (40, None)


def test_what_fails_leaves_no_event_and_no_gap(trail):
    with pytest.raises(LookupError), transaction() as session:
        audit.record(session, actor("wang"), "tested", "thing", 1, NOW)
        raise LookupError
    record(1)
    assert (last(), broken()) == (EVENTS + 1, None)


def test_an_event_outside_a_transaction_is_a_bug(world):
    with reading() as session, pytest.raises(RuntimeError):
        audit.record(session, actor("wang"), "tested", "thing", 1, NOW)


def test_the_walk_goes_step_by_step(trail, monkeypatch):
    monkeypatch.setattr("models.audit_list.EVENTS_A_STEP", 5)
    monkeypatch.setattr(audit_chain, "EVENTS_A_REPORT", 4)
    told = []
    verdict = verify(report=lambda done, total: told.append((done, total)))
    assert (verdict.broken, told) == (None, [(4, 12), (8, 12), (12, 12)])


def test_the_command_line_says_where_the_chain_breaks(trail, database, tmp_path, monkeypatch):
    monkeypatch.setenv("WANGTING_DATA", str(tmp_path))
    monkeypatch.setenv("WANGTING_DATABASE_URL", database)
    file, run = tmp_path / "point.json", CliRunner().invoke
    assert run(main, ["audit", "checkpoint", str(file)]).exit_code == 0
    done = run(main, ["audit", "verify", "--checkpoint", str(file)])
    assert (done.exit_code, "whole: 13 events" in done.output) == (0, True)
    bend("UPDATE audit_event SET action = 'x' WHERE id = 7")
    done = run(main, ["audit", "verify"])
    assert (done.exit_code, "BROKEN: changed, event 7; whole up to 6" in done.output) == (1, True)
    file.write_text("{}")
    assert "不是本大厅导出的检查点" in run(main, ["audit", "verify", "--checkpoint", str(file)]).output


def search(**typed: str):
    return read_search(actor("gao"), typed, NOW.tzinfo)


def found(**typed: str) -> list[int]:
    with reading() as session:
        return [one.event.id for one in list_events(session, search(**typed), None)]


def test_a_search_finds_by_person_unit_action_subject_and_day(trail, world):
    with transaction() as session:
        audit.record(session, actor("zhao"), "other", "thing", 3, NOW)
        audit.record(session, actor("chen"), "far", "thing", 3, NOW)
        audit.record(session, None, "hall_wide", "thing", 3, NOW)
    assert (
        found(person="zhao")
        == found(person="赵经")
        == found(unit="23000099")
        == found(action="other")
        == [13]
    )
    assert found(subject="thing", subject_id="3") == [13, 3]
    assert found(action="far") == []
    assert found(scope="hall") == [15]
    assert found(since="2026-06-18", until="2026-06-18") == list(range(13, 0, -1))
    assert found(since="2026-06-19") == found(until="2026-06-17") == []
    for wrong in ({"since": "x"}, {"since": "2026-06-18", "until": "2026-06-17"}, {"until": "9999-12-31"}):
        with pytest.raises(Refusal, match=r"audits.bad_day"):
            search(**wrong)


def test_an_export_is_an_event_with_its_filter_and_digest(trail):
    data = export_events(actor("gao"), search(action="tested"), NOW)
    (event,) = audited("audit_exported")
    assert data[:2] == b"PK"
    assert event.after["rows"] == EVENTS
    assert event.after["filter"] == {"region_code": NORTH, "action": "tested"}
    with pytest.raises(Refusal, match=r"audits.nothing"):
        export_events(actor("gao"), search(action="nothing"), NOW)


@pytest.fixture
def auditor(sign_in, trail):
    with transaction() as session:
        session.execute(text("UPDATE account SET rights = 'audit' WHERE username = 'gao'"))
    return sign_in("gao")


def test_the_auditor_searches_page_by_page_and_reads_one_event(auditor):
    record(100)
    page = auditor.get("/bureau/audit?action=tested")
    assert len(page.all("//tbody/tr")) == 100
    page = auditor.get(page.one("//a[@rel='next']").get("href"))
    assert len(page.all("//tbody/tr")) == EVENTS
    page = auditor.get(page.all("//tbody/tr")[0].xpath(".//a/@href")[0])
    assert "名称" in page.words
    assert auditor.get("/bureau/audit?since=x").status == 422
    assert auditor.get("/bureau/audit/99999").status == 404


def test_the_auditor_verifies_seals_and_takes_the_checkpoint_along(auditor, run_jobs):
    auditor.get("/bureau/audit/chain")
    page = auditor.press("开始校验")
    assert "正在校验" in page.words
    run_jobs()
    page = auditor.get("/bureau/audit/chain")
    assert "校验通过" in page.words
    auditor.press("签署检查点")
    with reading() as session:
        kept = session.get_one(AuditCheckpoint, 1)
    answer = auditor.post("/bureau/audit/checkpoints/1")
    assert json.loads(answer.body)["digest"] == kept.digest
    assert audited("audit_checkpoint_exported")
    assert verify(outside=as_file(kept)).broken is None
    assert auditor.post("/bureau/audit", {"action": "tested"}).body[:2] == b"PK"


def test_the_page_names_the_broken_link_and_signs_nothing(auditor, run_jobs):
    bend("UPDATE audit_event SET action = 'x' WHERE id = 7")
    auditor.get("/bureau/audit/chain")
    auditor.press("开始校验")
    run_jobs()
    page = auditor.get("/bureau/audit/chain")
    assert "第 7 条记录被改动过" in page.alert
    assert "签署检查点" not in [one.text for one in page.all("//button")]
    assert "还没有一次通过的校验" in auditor.post("/bureau/audit/chain", {"do": "seal"}).words


def test_whoever_is_no_auditor_does_not_find_the_trail(sign_in, trail):
    for path in ("/bureau/audit", "/bureau/audit/1", "/bureau/audit/chain"):
        assert sign_in("gao").get(path).status == 404
        assert sign_in("wang").get(path).status == 404


def test_a_file_that_is_taken_away_is_an_event(way, wang):
    wang.get(f"/wages/{way.started()}/download/xlsx")
    (event,) = audited("file_downloaded")
    assert (event.actor_name, event.after["endpoint"]) == ("王经办", "wages.download")
    wang.get("/wages/999/download/xlsx")
    wang.get("/wages/")
    assert len(audited("file_downloaded")) == 1


OLD_EVENT = (
    "INSERT INTO audit_event (id, at, actor_id, actor_name, unit_id, action, subject) "
    "VALUES ({id}, '2026-06-18 01:00:00.000000+00:00', NULL, 'x', NULL, 'old', 'thing')"
)


def test_events_from_before_the_chain_are_numbered_without_gaps_and_chained(empty_database, monkeypatch):
    engine = db.connect(empty_database)
    migrate.upgrade(engine, "0007")
    sql(*(OLD_EVENT.format(id=number) for number in (2, 3, 7, 20)))
    monkeypatch.setattr("models.audit_list.EVENTS_A_STEP", 3)
    migrate.upgrade(engine)
    assert [row["id"] for row in rows()] == [1, 2, 3, 4]
    assert (last(), broken()) == (4, None)
    migrate.downgrade(engine, "0007")
    sql(OLD_EVENT.format(id=99) if is_sqlite() else OLD_EVENT.replace("id, ", "", 1).replace("{id}, ", ""))
    migrate.upgrade(engine)
    assert (last(), broken()) == (5, None)
    db.disconnect()
