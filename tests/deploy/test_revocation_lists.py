"""Lists of revoked certificates: fetched from a real server, loaded from files, told about at the command line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import main
from cert.demo import Authority, make_demo
from cert.folder import TrustFolder
from cert.issuing import make_crl, pem
from jobs.tasks import make_refresher
from jobs.worker import LISTS_RETRY_SECONDS, refresh_turn
from rules.refusals import Refusal
from services.revocation_lists import SUBJECT, fetch_lists, list_states, load_list
from tests.integration.way import audited

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


class Publisher(ThreadingHTTPServer):
    """A CA's web server; ``lists`` are its pages."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.lists: dict[str, bytes] = {}
        self.address = f"http://127.0.0.1:{self.server_port}"


class Page(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        content = self.server.lists.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Three CAs of one family in a trust folder without any list."""
    return Authority("RSA", tmp_path, NOW, {})


@pytest.fixture
def trusted(authority: Authority) -> TrustFolder:
    return TrustFolder(authority.folder / "trust")


def crl(
    authority: Authority, rank: str = "issuing", at: datetime = NOW, *revoked: int, days: int = 7
) -> bytes:
    gone = dict.fromkeys(revoked, at - DAY)
    return make_crl(authority.title(rank), authority.keys[rank], at, at + days * DAY, gone)


def told() -> list[tuple[str, str]]:
    events = sorted((*audited("list_refused"), *audited("list_recovered")), key=lambda event: event.id)
    assert all(event.subject == SUBJECT and event.actor_id is None for event in events)
    return [(event.action, event.after["code"]) for event in events]


def test_lists_are_fetched_into_the_trust_folder(database, authority, trusted, publisher):
    publisher.lists = {"/a": crl(authority, "issuing", NOW, 7, 8), "/b": crl(authority, "policy")}
    assert fetch_lists(trusted, [f"{publisher.address}/a", f"{publisher.address}/b"], NOW)
    counts = {state.issuer: state.crl and len(state.crl.revoked) for state in list_states(trusted, NOW)}
    assert counts == {"示例根 CA RSA": None, "示例策略 CA RSA": 0, "示例单位证书 CA RSA": 2}
    assert told() == []


def test_a_problem_is_told_when_it_begins_changes_and_ends(database, authority, trusted, publisher, caplog):
    address = [f"{publisher.address}/a"]
    publisher.lists = {}
    for _ in range(3):
        assert not fetch_lists(trusted, address, NOW)
    assert told() == [("list_refused", "crl.unreachable")]
    publisher.lists = {"/a": b"<html>login, please</html>"}
    assert not fetch_lists(trusted, address, NOW)
    publisher.lists = {"/a": crl(authority)}
    with caplog.at_level(logging.INFO):
        assert fetch_lists(trusted, address, NOW)
    assert fetch_lists(trusted, address, NOW)
    assert told() == [
        ("list_refused", "crl.unreachable"),
        ("list_refused", "crl.damaged"),
        ("list_recovered", ""),
    ]
    assert f"{publisher.address}/a" in caplog.text and "0 revoked" in caplog.text


def test_one_bad_address_keeps_no_other_from_its_list(database, authority, trusted, publisher):
    stranger = Authority("RSA", authority.folder / "stranger", NOW, {})
    publisher.lists = {"/bad": crl(stranger), "/good": crl(authority)}
    assert not fetch_lists(trusted, [f"{publisher.address}/bad", f"{publisher.address}/good"], NOW)
    assert told() == [("list_refused", "crl.unsigned")]
    assert len(list((trusted.folder / "crls").iterdir())) == 1


def test_the_worker_tries_again_soon_after_a_problem_and_outlives_a_broken_folder(
    database, authority, trusted, publisher, caplog
):
    assert make_refresher(trusted, [], lambda: NOW) is None
    refresh = make_refresher(trusted, [f"{publisher.address}/a"], lambda: NOW)
    publisher.lists = {}
    assert refresh_turn(refresh, 6 * 3600) == LISTS_RETRY_SECONDS
    publisher.lists = {"/a": crl(authority)}
    assert refresh_turn(refresh, 6 * 3600) == 6 * 3600
    (trusted.folder / "anchors" / "broken.pem").write_text("no certificate")
    assert refresh_turn(refresh, 6 * 3600) == LISTS_RETRY_SECONDS
    assert "broken.pem" in caplog.text
    nowhere = make_refresher(TrustFolder(authority.folder / "none"), ["http://127.0.0.1:9/"], lambda: NOW)
    assert refresh_turn(nowhere, 6 * 3600) == LISTS_RETRY_SECONDS


@pytest.mark.parametrize("armoured", [False, True])
def test_a_list_is_loaded_from_a_file(authority, trusted, armoured, tmp_path):
    content = crl(authority, "issuing", NOW, 5)
    file = tmp_path / "list.crl"
    file.write_bytes(pem(content, "X509 CRL") if armoured else content)
    assert load_list(trusted, file).revoked.keys() == {5}
    assert trusted.current().crls
    # A newer one takes its place, an older one does not.
    file.write_bytes(crl(authority, "issuing", NOW + DAY, 5, 6))
    load_list(trusted, file)
    assert len(list((trusted.folder / "crls").iterdir())) == 1
    file.write_bytes(crl(authority, "issuing", NOW))
    with pytest.raises(Refusal, match=r"^crl\.older$"):
        load_list(trusted, file)
    (state,) = [state for state in list_states(trusted, NOW) if state.crl]
    assert state.crl.revoked.keys() == {5, 6}


def test_files_that_are_no_list_of_ours_are_refused(authority, trusted, tmp_path):
    stranger = Authority("RSA", tmp_path / "stranger", NOW, {})
    file = tmp_path / "list.crl"
    for content, code in ((b"no list", "crl.damaged"), (crl(stranger), "crl.unsigned")):
        file.write_bytes(content)
        with pytest.raises(Refusal) as refused:
            load_list(trusted, file)
        assert (refused.value.code, refused.value.params) == (code, {"address": "list.crl"})
    assert not (trusted.folder / "crls").exists()


def test_nothing_is_fetched_or_loaded_before_somebody_is_trusted(database, tmp_path):
    nowhere = TrustFolder(tmp_path / "none")
    with pytest.raises(ValueError, match="nothing is trusted"):
        fetch_lists(nowhere, ["http://127.0.0.1:9/"], NOW)
    with pytest.raises(ValueError, match="nothing is trusted"):
        load_list(nowhere, tmp_path / "list.crl")


def command(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, words, env={"WANGTING_DATA": str(folder), "WANGTING_TRUST": None})


def test_the_command_line_shows_what_is_trusted_and_what_is_wrong(tmp_path):
    make_demo(tmp_path, [], NOW)
    shown = command(tmp_path, "trust")
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("anchor") == 2 and shown.output.count("intermediate") == 4
    assert "PROBLEM" not in shown.output and "1 revoked" in shown.output
    (tmp_path / "trust" / "crls" / "sm2-root.crl").unlink()
    stale = Authority("RSA", tmp_path / "again", NOW, {})
    for name in ("rsa-root.pem", "rsa-policy.pem", "rsa-issuing.pem"):
        shelf = "anchors" if "root" in name else "intermediates"
        (stale.folder / "trust" / shelf / name).replace(tmp_path / "trust" / shelf / name)
    (tmp_path / "trust" / "crls" / "rsa-issuing.crl").write_bytes(crl(stale, "issuing", NOW - 9 * DAY))
    shown = command(tmp_path, "trust")
    assert shown.exit_code == 1
    assert shown.output.count("PROBLEM: it has no list") == 3
    assert shown.output.count("PROBLEM: its list is past its nextUpdate") == 1
    missing = command(tmp_path / "elsewhere", "trust")
    assert missing.exit_code == 1 and "nothing is trusted yet" in missing.output


def test_the_command_line_loads_a_list_or_says_why_not(authority, tmp_path):
    file = tmp_path / "list.crl"
    file.write_bytes(crl(authority, "policy", NOW, 9))
    done = command(tmp_path, "crl", str(file))
    assert done.exit_code == 0 and done.output.startswith("1 revoked"), done.output
    file.write_bytes(b"no list")
    done = command(tmp_path, "crl", str(file))
    assert done.exit_code == 1 and "不是完整的注销名单" in done.output
