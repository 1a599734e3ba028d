"""The wrong browser: IE kernels get one plain page that says how to switch, and nobody else ever sees it."""

from __future__ import annotations

import pytest

from tests.integration.clerk import Clerk

IE = {
    "IE 11": "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "IE 8": "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
    "IE 6": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
    "360 in 兼容模式": "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; 360SE; rv:11.0) like Gecko",
    "QQ in IE 内核": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; QQBrowser/9.7)",
}
OTHERS = {
    "nothing": "",
    "Chromium 64": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/64.0.3282.140 Safari/537.36",
    "360 in 极速模式": "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
    "QQ in 极速模式": "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/70.0.3538.25 Core/1.70 QQBrowser/10.5",
    "Edge": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Edg/120.0.0.0",
    "Firefox": "Mozilla/5.0 (Windows NT 10.0; rv:52.0) Gecko/20100101 Firefox/52.0",
    "a phone": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0",
    "a crawler": "MSIECrawler",
    "a name in between": "TridentTool; XMSIE 7",
    "curl": "curl/8.0",
    "rubbish": "\xff\x00MSI E",
}


@pytest.mark.parametrize("agent", IE.values(), ids=IE)
def test_an_ie_kernel_is_told_how_to_switch(app, world, agent):
    page = Clerk(app).get("/wages/?x=%3Cb%3E", **{"User-Agent": agent})
    assert page.status == 200
    assert "IE 或兼容模式" in page.words
    assert "360 浏览器" in page.words and "QQ 浏览器" in page.words and "极速模式" in page.words
    assert page.one("//input[@id='address']").get("value") == "http://localhost/wages/?x=<b>"
    assert not page.all("//script")
    assert page.one("//meta[@name='renderer']").get("content") == "webkit"
    assert page.headers["X-UA-Compatible"] == "IE=edge"


@pytest.mark.parametrize("agent", OTHERS.values(), ids=OTHERS)
def test_nobody_else_is_stopped(app, world, agent):
    page = Clerk(app).get("/login", **{"User-Agent": agent})
    assert "账户密码登录" in page.words and "网厅在这里不能用" not in page.words


def test_a_form_sent_from_ie_changes_nothing_and_leads_to_the_first_page(app, world):
    answer = app.test_client().post("/login", data={"username": "wang"}, headers={"User-Agent": IE["IE 11"]})
    assert answer.status_code == 200
    assert 'value="http://localhost/"' in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/static/css/wangting.css", "/healthz"])
def test_what_machines_and_the_page_itself_need_stays_open(app, address):
    answer = app.test_client().get(address, headers={"User-Agent": IE["IE 8"]})
    assert answer.status_code == 200 and answer.mimetype in ("text/css", "text/plain")


def test_an_address_that_does_not_exist_gets_the_page_too(app, world):
    assert "极速模式" in Clerk(app).get("/nowhere", **{"User-Agent": IE["IE 11"]}).words
