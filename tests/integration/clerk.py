"""A browser in the hands of a clerk: follows links and forms of real pages, and looks hard at every page."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from flask import Flask
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from tests.factories import PASSWORD

UNTYPED = ("hidden", "submit", "button", "image", "reset")
HTMX = {"HX-Request": "true"}


class Page:
    """An answer: its status, its headers, its words, its tree."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.address = response.request.full_path.rstrip("?")
        self.path = response.request.path
        self.body = response.data
        self.text = response.get_data(as_text=True) if response.mimetype.startswith("text/") else ""
        self.is_document = self.text.lstrip()[:9].lower() == "<!doctype"
        self.tree: HtmlElement = (
            lxml.html.document_fromstring(self.text)
            if self.is_document
            else lxml.html.fragment_fromstring(self.text, create_parent="div")
        )

    @property
    def words(self) -> str:
        """What is there to read, blanks put together."""
        return " ".join(self.tree.text_content().split())

    def all(self, path: str) -> list[Any]:
        return list(self.tree.xpath(path))

    def one(self, path: str) -> Any:
        """The only match of an XPath."""
        found = self.all(path)
        assert len(found) == 1, f"{len(found)} matches of {path} on {self.address}: {self.words[:400]}"
        return found[0]

    def value(self, name: str) -> str:
        """What stands in the field of this name."""
        return str(self.one(f"//input[@name={name!r}]").get("value", ""))

    @property
    def counts(self) -> tuple[int, int, int]:
        """参保, 未录入, 录入 as the page shows them."""
        insured, left, entered = (int(found.text) for found in self.all("//*[@id='counts']//b"))
        return insured, left, entered

    @property
    def alert(self) -> str:
        return " ".join(" ".join(found.text_content().split()) for found in self.all("//*[@role='alert']"))


class Clerk:
    """One browser with its cookies and its open page."""

    def __init__(self, app: Flask) -> None:
        self.http = app.test_client()
        self.page: Page

    def sign_in(self, username: str, password: str = PASSWORD) -> Page:
        """Through the form, as everybody does."""
        self.get("/login")
        page = self.press("登录", username=username, password=password)
        assert self.page.path != "/login" or page.status != 200, page.words
        return page

    @property
    def cookie(self) -> str | None:
        found = self.http.get_cookie("wt")
        return found.value if found else None

    def get(self, address: str, **headers: str) -> Page:
        return self._arrive(self.http.get(address, follow_redirects=True, headers=headers))

    def post(self, address: str, data: dict[str, Any] | None = None, *, token: str | None = None) -> Page:
        """A bare POST with the token of this browser's session, to addresses no form of the page leads to."""
        values = {"csrf_token": self.token() if token is None else token, **(data or {})}
        return self._arrive(self.http.post(address, data=values, follow_redirects=True))

    def token(self) -> str:
        """A CSRF token of this session, from the form that signs out (or in)."""
        page = Page(self.http.get("/", follow_redirects=True))
        return str(page.all("//input[@name='csrf_token']")[0].get("value"))

    def press(self, word: str, **values: Any) -> Page:
        """Press the button with this word: its form is sent with everything a browser would send."""
        buttons = [
            one for one in self.page.all("//form//button") if " ".join(one.text_content().split()) == word
        ]
        assert buttons, f"no button {word!r} on {self.page.address}: {self.page.words[:600]}"
        button = next((one for one in buttons if not is_disabled(one)), None)
        assert button is not None, f"the button {word!r} is disabled"
        form = next(button.iterancestors("form"))
        data = filled(form, values)
        if button.get("name"):
            data.append((button.get("name"), button.get("value", "")))
        address = button.get("formaction") or form.get("action") or self.page.address
        return self._send(address, data, form.get("method", "get").lower())

    def save_wage(self, row_id: int, text: str) -> Page:
        """Type a wage and leave the field, as grid.js and HTMX send it; the row on the page is replaced."""
        name = f"w{row_id}"
        box = self.page.one(f"//input[@name='{name}']")
        kept = self.page.one(f"//input[@name='o{row_id}']")
        token = next(box.iterancestors("form")).xpath(".//input[@name='csrf_token']")[0].get("value")
        data = {"csrf_token": token, name: text, f"o{row_id}": kept.get("value", "")}
        headers = {**HTMX, "HX-Trigger-Name": name, "HX-Trigger": name, "HX-Current-URL": self.page.address}
        answer = self.http.post(box.get("hx-post"), data=data, headers=headers)
        partial = self._look(answer, is_partial=True)
        if partial.all("//tr"):
            kept.set("value", partial.value(f"o{row_id}"))
            box.set("value", partial.value(name))
        return partial

    def htmx(self, address: str) -> Page:
        """Ask for a piece of the page."""
        return self._look(self.http.get(address, headers=HTMX), is_partial=True)

    def _send(self, address: str, data: list[tuple[str, Any]], method: str) -> Page:
        pairs: dict[str, list[Any]] = {}
        for name, value in data:
            pairs.setdefault(name, []).append(value)
        referrer = {"Referer": f"http://localhost{self.page.address}"}
        if method == "get":
            return self._arrive(self.http.get(address, query_string=pairs, follow_redirects=True))
        return self._arrive(self.http.post(address, data=pairs, follow_redirects=True, headers=referrer))

    def _arrive(self, response: TestResponse) -> Page:
        page = self._look(response)
        if page.is_document:
            self.page = page
        return page

    def _look(self, response: TestResponse, *, is_partial: bool = False) -> Page:
        for step in (*response.history, response):
            assert "no-store" in step.headers.get("Cache-Control", ""), step.request.path
            assert urlsplit(step.headers.get("Location", "")).netloc in ("", "localhost")
        page = Page(response)
        assert page.status != 500, f"{page.address}: {page.words}"
        if page.is_document and not is_partial:
            check_document(page)
        if response.mimetype == "text/html":
            check_markup(page)
        return page


def filled(form: HtmlElement, values: dict[str, Any]) -> list[tuple[str, Any]]:
    """The fields of a form as a browser sends them, some typed over; None unticks or leaves out."""
    known = {one.get("name") for one in form.xpath(".//input|.//select|.//textarea") if one.get("name")}
    assert set(values) <= known, f"the form has no field {set(values) - known}"
    data: list[tuple[str, Any]] = []
    for one in form.xpath(".//input|.//select|.//textarea"):
        name = one.get("name")
        if name and name not in values and not is_disabled(one):
            data += [(name, value) for value in _sent(one)]
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, tuple):
                data.append((name, (BytesIO(each[1]), each[0])))
            elif each is not None:
                data.append((name, each))
    return data


def is_disabled(element: HtmlElement) -> bool:
    return any("disabled" in one.attrib for one in (element, *element.iterancestors("fieldset")))


def _sent(field: HtmlElement) -> Iterable[str]:
    kind = field.get("type", "text")
    if field.tag == "select":
        chosen = field.xpath("./option[@selected]") or field.xpath("./option")[:1]
        return [one.get("value", one.text) for one in chosen]
    if field.tag == "textarea":
        return [(field.text or "").removeprefix("\n")]
    if kind in ("checkbox", "radio"):
        return [field.get("value", "on")] if "checked" in field.attrib else []
    return [] if kind in ("submit", "button", "file") else [field.get("value", "")]


def check_document(page: Page) -> None:
    """What every whole page owes its reader and its reader's safety."""
    assert len(page.all("/html/head/title")) == 1, page.address
    assert page.one("/html/head/title").text.strip(), page.address
    assert page.one("/html").get("lang") == "zh-CN"
    policy = page.headers.get("Content-Security-Policy", "")
    assert "default-src 'none'" in policy and "unsafe" not in policy, page.address
    assert page.headers.get("X-Content-Type-Options") == "nosniff"
    assert page.headers.get("X-Frame-Options") == "DENY"
    assert "HX-Request" in page.headers.get("Vary", ""), page.address
    assert len(page.all("//main")) == 1, page.address
    assert page.all("//h1"), f"no heading on {page.address}"


def check_markup(page: Page) -> None:
    """What every page and every piece of one must keep to."""
    assert not page.all("//style|//*[@style]"), f"inline style on {page.address}"
    assert not page.all("//script[not(@src)]"), f"inline script on {page.address}"
    for element in page.all("//*"):
        handlers = [name for name in element.attrib if str(name).startswith(("on", "hx-on"))]
        assert not handlers, (page.address, handlers)
        assert not str(element.get("href", "")).lower().startswith("javascript:")
    ids = page.all("//@id")
    assert len(ids) == len(set(ids)), f"ids twice on {page.address}: {[i for i in ids if ids.count(i) > 1]}"
    for form in page.all("//form"):
        action = form.get("action", "/")
        assert action.startswith("/") and not action.startswith("//"), (page.address, action)
        if form.get("method", "get").lower() == "post":
            tokens = form.xpath(".//input[@name='csrf_token']/@value")
            assert len(tokens) == 1 and tokens[0], f"a form without its token on {page.address}: {action}"
    for field in page.all("//input|//select|//textarea"):
        if field.get("type") not in UNTYPED:
            assert is_labelled(page, field), f"no label: {field.get('name')} on {page.address}"


def is_labelled(page: Page, field: HtmlElement) -> bool:
    """Whether a reader that cannot see learns what to type here."""
    if (field.get("aria-label") or "").strip() or list(field.iterancestors("label")):
        return True
    return any(one.text_content().strip() for one in page.all(f"//label[@for='{field.get('id')}']"))
