"""What a region asks of a sign-in: reading is free, changing and 申报 as configured, one factor more without loss."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from models.account import LoginSession
from models.db import reading
from models.declaration import WageRow
from models.filing import Filing
from models.region import get_region
from rules.refusals import Refusal
from services.accounts import open_for
from services.policies import Policy, find_policy, set_policy
from tests.factories import NORTH, NOW, PASSWORD, WEST, actor
from tests.integration.clerk import HTMX, Clerk, Page, filled
from tests.integration.ukeys import signed_form
from tests.integration.way import audited, count, list_rows

ROOT = Path(__file__).parents[2]
ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture
def row_id(hall, way) -> int:
    """The first row of declaration 1, without a wage."""
    return list_rows(way.started())[0].id


@pytest.fixture
def by_password(hall, sign_in) -> Clerk:
    return sign_in("wang")


@pytest.fixture
def by_key(hall, demo) -> Clerk:
    clerk = Clerk(hall)
    show_key(clerk, demo)
    clerk.press("王经办")
    assert clerk.page.path == "/" and "王经办" in clerk.page.words
    return clerk


def show_key(clerk: Clerk, demo) -> Page:
    """Sign the question of CA 登录; where a factor is asked for, the page is open already."""
    page = (
        clerk.page
        if getattr(clerk, "page", None) and clerk.page.path == "/login/ca"
        else clerk.get("/login/ca")
    )
    form = signed_form(page, demo.units[0].sign["SM2"], "SM2")
    return clerk.post("/login/ca", form, token=form["csrf_token"])


def type_password(clerk: Clerk, username: str = "wang") -> Page:
    return clerk.press("登录", username=username, password=PASSWORD)


def save(clerk: Clerk, row_id: int, wage: str = "65432.10") -> Page:
    """保存本页 of a browser without JavaScript: one wage, as a real form sends it."""
    form = {"csrf_token": clerk.token(), f"w{row_id}": wage, f"o{row_id}": "1:"}
    clerk.get("/wages/1/rows")
    referrer = {"Referer": "http://localhost/wages/1/rows"}
    return clerk._arrive(
        clerk.http.post("/wages/1/rows", data=form, headers={**ORIGIN, **referrer}, follow_redirects=True)
    )


def wage_of(row_id: int) -> int | None:
    with reading() as session:
        return session.get_one(WageRow, row_id).wage_fen


def ask(write: str = "", submit: str = "") -> None:
    set_policy(NORTH, write, submit, False, False, NOW)


# The policies ---------------------------------------------------------------------------------------


def test_without_a_policy_any_sign_in_does(by_password, by_key, row_id):
    save(by_password, row_id, "60000")
    assert wage_of(row_id) == 6_000_000
    by_key.get("/wages/1/rows")
    by_key.save_wage(row_id, "61000")
    assert wage_of(row_id) == 6_100_000


def test_ca_alone_lets_the_key_write_and_a_password_only_read(by_password, by_key, row_id):
    ask(write="ca")
    assert save(by_password, row_id).path == "/login/ca" and wage_of(row_id) is None
    for address in ("/", "/wages/", "/wages/1/rows", "/wages/1/check", "/filings/"):
        assert by_password.get(address).path == address, "reading asks for nothing more"
    save(by_key, row_id)
    assert wage_of(row_id) == 6_543_210


def test_ca_and_password_are_asked_for_one_after_the_other(by_password, demo, row_id):
    ask(write="ca password")
    assert save(by_password, row_id).path == "/login/ca"
    assert show_key(by_password, demo).path == "/resume"
    by_password.press("继续提交")
    assert wage_of(row_id) == 6_543_210
    with reading() as session:
        factors = session.scalars(select(LoginSession.factors).where(LoginSession.account_id == 1)).all()
    assert factors == ["password ca"]


def test_a_key_is_asked_for_the_password_too(by_key, row_id):
    ask(write="ca password")
    page = save(by_key, row_id)
    assert page.path == "/login" and "这一步需要账户密码" in page.words and "不会丢" in page.words
    page = type_password(by_key)
    assert page.path == "/resume" and "共 1 项" in page.words
    by_key.press("继续提交")
    assert wage_of(row_id) == 6_543_210


def test_what_was_typed_survives_two_factors_that_were_lacking(hall, demo, row_id):
    clerk = Clerk(hall)
    clerk.http.set_cookie("wt", open_for(actor("wang").account_id, "licence", None, NOW))
    ask(write="ca password")
    assert save(clerk, row_id).path == "/login/ca"
    assert show_key(clerk, demo).path == "/resume"
    form = clerk.page.all("//form[.//button[.='继续提交']]")[0]
    answer = clerk.http.post(
        form.get("action"), data=dict(filled(form, {})), headers=ORIGIN, follow_redirects=True
    )
    assert clerk._arrive(answer).path == "/login"
    assert type_password(clerk).path == "/resume"
    clerk.press("继续提交")
    assert wage_of(row_id) == 6_543_210


def test_only_the_submission_may_ask_for_more(by_password, demo, way, hall):
    way.ready()
    ask(submit="ca")
    by_password.get("/wages/1/rows")
    by_password.save_wage(list_rows(1)[0].id, "60500")
    assert wage_of(list_rows(1)[0].id) == 6_050_000
    way.backed_up(1)
    page = by_password.get("/wages/1/submit")
    form = {"csrf_token": page.all("//form//input[@name='csrf_token']/@value")[0]}
    form["revision"] = page.value("revision")
    answer = by_password.http.post("/wages/1/submit", data=form, headers=ORIGIN, follow_redirects=True)
    assert by_password._arrive(answer).path == "/login/ca" and count(Filing) == 0
    assert show_key(by_password, demo).path == "/resume"
    assert by_password.press("继续提交").path == "/filings/"
    assert count(Filing) == 2


def test_a_policy_is_its_regions_alone(hall, way, sign_in):
    ask(write="ca")
    way.started(("410",), by="chen")
    clerk = sign_in("chen")
    row = list_rows(1)[0]
    clerk.get("/wages/1/rows")
    clerk.save_wage(row.id, "6000")
    assert wage_of(row.id) == 600_000


# One factor more --------------------------------------------------------------------------------------


def test_a_field_saved_by_htmx_is_kept_and_offered(by_password, demo, row_id):
    ask(write="ca")
    token = by_password.token()
    headers = {**HTMX, **ORIGIN, "HX-Trigger-Name": f"w{row_id}", "Referer": "http://localhost/wages/1/rows"}
    form = {"csrf_token": token, f"w{row_id}": "65432.10", f"o{row_id}": "1:"}
    answer = by_password.http.post("/wages/1/rows", data=form, headers=headers)
    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["HX-Redirect"] == "/login/ca?next=/wages/1/rows"
    page = by_password.get(answer.headers["HX-Redirect"])
    assert "这一步需要 UKey 证书" in page.words
    page = show_key(by_password, demo)
    assert page.path == "/resume" and "共 1 项" in page.words
    assert by_password.press("继续提交").path == "/wages/1/rows"
    assert wage_of(row_id) == 6_543_210


def test_who_looked_only_comes_back_to_where_they_were(by_password, demo, row_id):
    ask(write="ca")
    save(by_password, row_id)
    by_password.get("/resume")
    kept = by_password.get("/login/ca?next=/wages/1/rows")
    assert kept.value("next") == "/wages/1/rows"
    show_key(by_password, demo)
    by_password.press("不提交，回首页")
    assert by_password.get("/wages/1/rows").path == "/wages/1/rows" and wage_of(row_id) is None


def test_the_form_is_not_handed_to_whoever_else_proves_the_factor(by_key, row_id):
    ask(write="password")
    save(by_key, row_id)
    assert type_password(by_key, "li").path != "/resume"
    assert by_key.get("/resume").path == "/" and wage_of(row_id) is None


def test_another_units_key_does_not_lift_the_session(by_password, demo, row_id):
    ask(write="ca")
    page = save(by_password, row_id)
    form = signed_form(page, demo.units[2].sign["RSA"])
    page = by_password.post("/login/ca", form, token=form["csrf_token"])
    assert page.status == 422 and "不能用于“王经办”" in page.alert
    assert save(by_password, row_id).path == "/login/ca" and wage_of(row_id) is None


@pytest.mark.parametrize("where", ["/wages/1/uploads", "/wages/1/backup"])
def test_a_file_cannot_be_kept_and_the_page_says_so(by_password, demo, row_id, where):
    ask(write="ca")
    by_password.get(where)
    form = next(by_password.page.one("//input[@type='file']").iterancestors("form"))
    headers = {**ORIGIN, "Referer": f"http://localhost{where}"}
    data = dict(filled(form, {"file": ("工资.txt", b"#GZSB")}))
    answer = by_password.http.post(form.get("action"), data=data, headers=headers, follow_redirects=True)
    page = by_password._arrive(answer)
    assert page.path == "/login/ca"
    assert "选好的文件不能保留，登录后请重新选择" in page.words and "不会丢" not in page.words
    assert show_key(by_password, demo).path == where, "back to where the file is chosen"


# Setting it --------------------------------------------------------------------------------------------


def test_a_policy_is_set_read_and_audited(world):
    assert find_policy(NORTH) == Policy("", "", False, False)
    made = set_policy(NORTH, " password ca password", "licence", True, True, NOW)
    assert made == find_policy(NORTH) == Policy("ca password", "licence", True, True)
    with reading() as session:
        assert get_region(session, WEST).write_needs == ""
    (event,) = audited("policy_set")
    assert event.before == {
        "region": NORTH,
        "write_needs": "",
        "submit_needs": "",
        "signs_submission": False,
        "needs_opening": False,
    }
    assert event.after["write_needs"] == "ca password" and event.after["signs_submission"] is True
    set_policy(NORTH, "ca password", "licence", True, True, NOW)
    assert len(audited("policy_set")) == 1, "nothing changed, nothing to tell"


@pytest.mark.parametrize(
    ("region", "write", "submit", "code"),
    [
        ("999999", "", "", "policy.no_region"),
        (NORTH, "ca pin", "", "policy.unknown_factor"),
        (NORTH, "", "CA", "policy.unknown_factor"),
        (NORTH, "ca,password", "", "policy.unknown_factor"),
    ],
)
def test_what_is_no_policy_is_refused_and_changes_nothing(world, region, write, submit, code):
    with pytest.raises(Refusal) as caught:
        set_policy(region, write, submit, True, True, NOW)
    assert caught.value.code == code
    assert find_policy(NORTH) == Policy("", "", False, False)
    with pytest.raises(Refusal, match=r"policy\.no_region"):
        find_policy("999999")


def command(database: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WANGTING_DATABASE_URL": database, "WANGTING_DATA": str(folder)}
    run = [sys.executable, "app.py", "policy", *arguments]
    return subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def lines_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_the_command_changes_what_is_given_and_shows_the_rest(database, world, tmp_path):
    shown = command(database, tmp_path, NORTH)
    assert lines_of(shown) == ["write any sign-in", "submit nothing more", "signed no", "opening no"]
    command(database, tmp_path, NORTH, "--write", "password ca", "--signed")
    done = command(database, tmp_path, NORTH, "--submit", "ca", "--opening")
    assert lines_of(done) == ["write ca password", "submit ca", "signed yes", "opening yes"]
    assert find_policy(NORTH) == Policy("ca password", "ca", True, True)
    command(database, tmp_path, NORTH, "--write", "", "--unsigned")
    assert find_policy(NORTH) == Policy("", "ca", False, True)
    wrong = command(database, tmp_path, NORTH, "--write", "pin")
    assert wrong.returncode == 1 and "没有“pin”这种登录方式" in wrong.stderr
    assert find_policy(NORTH) == Policy("", "ca", False, True)
