"""What stands on the page of a staged file, and what HTMX sends from it."""

from __future__ import annotations

from typing import Any

from lxml.html import HtmlElement

from tests.integration.clerk import HTMX, Clerk, Page, filled
from tests.integration.way import list_rows


def own_file(declaration_id: int, *wages_: str, heading: str = "现工资") -> bytes:
    """A list of the unit's own, without our head: 个人编号, 姓名 and a wage for each of the first people."""
    rows = zip(list_rows(declaration_id), wages_, strict=False)
    lines = [f"个人编号\t姓名\t{heading}", *(f"{row.person_no}\t{row.name}\t{wage}" for row, wage in rows)]
    return "\r\n".join(lines).encode()


def rows_of(page: Page) -> list[str]:
    """The rows of the table to mend, each as its words."""
    return [words_of(row) for row in page.all("//tbody[@id='rows']/tr")]


def words_of(row: HtmlElement) -> str:
    return " ".join(" ".join(cell.text_content().split()) for cell in row.xpath("./*"))


def counts_of(page: Page) -> list[int]:
    return [int(one.text) for one in page.all("//*[@id='upload-counts']//b")]


def change(clerk: Clerk, name: str, value: str | None = None) -> Page:
    """Change one field of a row, or press one of its buttons, as grid.js and HTMX send it."""
    field = clerk.page.one(f"//tbody[@id='rows']//*[@name='{name}']")
    row = next(field.iterancestors("tr"))
    token = clerk.page.one("//form[@id='fix']/input[@name='csrf_token']").get("value")
    data: dict[str, Any] = {"csrf_token": token, **dict(filled(row, {}))}
    if field.tag == "button" or value is not None:
        data[name] = value or "1"
    else:
        data.pop(name, None)
    headers = {**HTMX, "HX-Trigger-Name": name, "HX-Trigger": name}
    return Page(clerk.http.post(field.get("hx-post"), data=data, headers=headers))


def number(page: Page) -> int:
    """The number of the upload whose page it is."""
    return int(page.path.split("/")[3])
