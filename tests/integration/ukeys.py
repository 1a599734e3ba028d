"""A unit's UKey in the hands of a clerk: signs what a page asks, and sends it as ukey.js does."""

from __future__ import annotations

import base64

from cert.agent.files import Pkcs12File, Sm2File
from cert.demo import PIN, Holder
from tests.integration.clerk import Clerk, Page

# The codes of the units of ``make_world`` in a hall that trusts certificates; the second has no key, and the last
# is that of a firm which the hall does not know.
OURS, THEIRS, FAR, STRANGERS = (
    "91350100M000100Y43",
    "914403001922038216",
    "911501006462889710",
    "91150204123456788A",
)


def signature_of(holder: Holder, family: str, content: str) -> bytes:
    """The bare signature of the holder's RSA or SM2 key over a text."""
    key = Pkcs12File(holder.key, PIN) if family == "RSA" else Sm2File(holder.key, holder.certificate)
    return key.sign(key.certificates()[0].id, content.encode(), PIN)


def fields_of(page: Page) -> dict[str, str]:
    """The hidden fields of the form that waits for a UKey."""
    return {
        box.get("name"): box.get("value", "") for box in page.all("//form[@data-ukey]//input[@type='hidden']")
    }


def signed_form(
    page: Page, holder: Holder, family: str = "RSA", *, text: str | None = None, **changes: str
) -> dict[str, str]:
    """The form of the page after the key has signed what the page asks, or this text in its place."""
    asked = page.one("//form[@data-ukey]").get("data-text") if text is None else text
    found = {
        "certificate": base64.b64encode(holder.der).decode(),
        "signature": base64.b64encode(signature_of(holder, family, asked)).decode(),
        "kind": "raw",
    }
    return {**fields_of(page), **found, **changes}


def signed(clerk: Clerk, holder: Holder, family: str, *, text: str | None = None, **changes: str) -> Page:
    """CA 登录: the page is opened, its question signed, the form sent."""
    form = signed_form(clerk.get("/login/ca"), holder, family, text=text)
    return clerk.post("/login/ca", {**form, **changes}, token=form["csrf_token"])


def sheet_of(clerk: Clerk, declaration_id: int) -> Page:
    """What is to be signed at 申报, by the link on its page."""
    link = clerk.get(f"/wages/{declaration_id}/submit").one("//main//a[.='用 UKey 签名并申报']")
    page = clerk.get(link.get("href"))
    assert page.path == f"/wages/{declaration_id}/sign" and page.status == 200
    return page


def send_sheet(clerk: Clerk, declaration_id: int, form: dict[str, str]) -> Page:
    """申报 by the signed form."""
    return clerk.post(f"/wages/{declaration_id}/sign", form, token=form["csrf_token"])
