"""通知 as a person meets them: the count in the head, the list, the way to each, and all marked as read."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, create_engine, text

from tests.browser.hall import Hall

KINDS = (
    ("certificate_expires", '{"subject":"黑龙江省松北水文勘测院","day":"2026-12-12"}'),
    ("window_closes", '{"year":2026,"day":"2026-12-31","insurances":["310","410"]}'),
    ("correction_settled", '{"number":"HD-1","note":"已改单位名称"}'),
)


def _wait_for_the_first_round(engine: Engine) -> None:
    """The worker tells what is overdue as soon as it starts; here nothing more may come after the three."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with engine.connect() as connection:
            if connection.scalar(text("SELECT count(*) FROM notice WHERE kind = 'levy_overdue'")):
                return
        time.sleep(0.2)
    raise TimeoutError("the worker has told nothing")


@pytest.fixture
def told(address: str, tmp_path: Path) -> str:
    """The demo hall, with three notices to the unit beside its own."""
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'wangting.db'}")
    _wait_for_the_first_round(engine)
    with engine.begin() as connection:
        unit_id = connection.scalar(text("SELECT unit_id FROM account WHERE username = 'slb_wang'"))
        connection.execute(text("DELETE FROM notice_read"))
        connection.execute(text("DELETE FROM notice"))
        for kind, params in KINDS:
            values = {
                "unit": unit_id,
                "kind": kind,
                "params": params,
                "at": datetime.now(UTC).replace(tzinfo=None),
            }
            connection.execute(
                text(
                    "INSERT INTO notice (unit_id, kind, params, key, at) VALUES (:unit, :kind, :params, :kind, :at)"
                ),
                values,
            )
    engine.dispose()
    return address


def test_notices_are_seen_followed_and_marked(told, new_page, has_script):
    page = new_page(told, has_script=has_script)
    hall = Hall(page, has_script=has_script)
    hall.sign_in("slb_wang")
    panel = page.get_by_role("region", name="最近通知")
    expect(panel.get_by_text("● 未读")).to_have_count(3)
    hall.go("通知，3 条未读")
    expect(page.get_by_role("heading", name="通知", exact=True)).to_be_visible()
    expect(page.get_by_text("社保局意见：已改单位名称")).to_be_visible()
    hall.go("2026 年度工资申报 12 月 31 日截止，医疗、工伤还没有申报")
    expect(page).to_have_url(re.compile(r"/wages/$"))
    hall.go("通知，2 条未读")
    expect(page.get_by_text("● 未读")).to_have_count(2)
    hall.press("全部标为已读")
    expect(page.get_by_text("2 条通知已标为已读")).to_be_visible()
    expect(page.get_by_role("link", name="通知", exact=True)).to_be_visible()
    expect(page.get_by_text("● 未读")).to_have_count(0)
    colleague = new_page(told, has_script=has_script, width=390)
    other = Hall(colleague, has_script=has_script)
    other.sign_in("slb_li")
    expect(colleague.get_by_role("link", name="通知，3 条未读")).to_be_visible()
    hall.go("邮件提醒")
    expect(page.get_by_text("没有配置邮件服务器")).to_be_visible()
