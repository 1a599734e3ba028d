"""缴费通知单 and 应缴核定表: page and PDF say the same, in capitals too; what was replaced says so; a unit's own only."""

from __future__ import annotations

from datetime import date

import pypdfium2
import pytest
from sqlalchemy import update

from models.db import transaction
from models.region import RegionParameter
from models.unit import Unit, UnitRate
from rules.capital_amounts import capital_amount
from rules.money import yuan_text
from services.levy_versions import reissue
from tests.factories import NORTH, YEAR, actor
from tests.integration.levy_desk import get_levy, issue_month
from tests.integration.payment_desk import pay
from tests.integration.test_levy_payments import JULY

MONTH = "202606"


@pytest.fixture
def issued(world, runner):
    issue_month(runner, MONTH)
    return world


def text_of(clerk, address: str) -> str:
    """The text of a PDF, without blanks."""
    answer = clerk.http.get(address)
    assert answer.status_code == 200 and answer.mimetype == "application/pdf", address
    with pypdfium2.PdfDocument(answer.data) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def pages_of(clerk, address: str) -> int:
    with pypdfium2.PdfDocument(clerk.http.get(address).data) as document:
        return len(document)


def test_the_page_shows_each_insurance_of_the_newest_month_as_it_is_printed(issued, wang):
    page = wang.get("/levies/notices")
    assert page.value("month") == MONTH
    titles = [one.text_content() for one in page.all("//article/p[@class='title']")]
    assert titles == [f"（{name}　费款所属期 2026 年 6 月）" for name in ("医疗", "工伤", "生育")]
    levy = get_levy(issued.ours.id, MONTH, "410")
    article = " ".join(page.all("//article")[1].text_content().split())
    for said in (
        "23000072",
        levy.serial_no,
        "0.23%",
        "2026 年 6 月 25 日",
        yuan_text(levy.total_fen, grouped=True),
        f"应缴合计（大写）{capital_amount(levy.total_fen)}",
        "先合计、后舍入",
        "经办人：王经办",
        "打印时间：2026-06-18 09:00",
    ):
        assert said in article, said
    assert page.one("//button[@data-print]").get("hidden") is not None


def test_the_pdf_says_what_the_page_says(issued, wang):
    levy = get_levy(issued.ours.id, MONTH, "410")
    page = wang.get("/levies/notices?month=2026-06")
    cells = [cell.text_content() for cell in page.all("//article")[1].xpath(".//td|.//tbody/tr/th|.//dd")]
    text = text_of(wang, f"/levies/{levy.id}/notice.pdf")
    assert len(cells) > 15
    for cell in cells:
        assert "".join(cell.split()) in text, cell
    assert "社会保险费缴费通知单" in text and "工伤" in text


def test_the_sheet_names_each_column_by_its_code(issued, wang):
    levy = get_levy(issued.ours.id, MONTH, "410")
    text = text_of(wang, f"/levies/{levy.id}/sheet.pdf")
    for said in ("社会保险费应缴核定表", "AAB001", "AAB119", "AAB121", "AAE020", "AAE058", levy.serial_no):
        assert said in text, said
    for said in (
        "信用代码BAB010",
        "91230000MA19000200",
        "410工伤",
        MONTH,
        "高审核",
        "缴费标志未缴清",
        "0.23%",
    ):
        assert said in text, said
    assert yuan_text(levy.total_fen, grouped=True) in text


def test_a_month_is_printed_in_one_file_a_page_each(issued, wang):
    assert pages_of(wang, f"/levies/notices.pdf?month={MONTH}") == 3
    assert pages_of(wang, f"/levies/notices.pdf?month={MONTH}&form=sheet") == 3
    text = text_of(wang, f"/levies/notices.pdf?month={MONTH}&form=sheet")
    assert text.count("社会保险费应缴核定表") == 3 and "410工伤" in text and "510生育" in text
    assert wang.get("/levies/notices.pdf?month=202605").status == 404


def test_late_fee_and_payments_stand_on_the_paper_with_how_they_were_reckoned(issued, clock, sign_in):
    with transaction() as session:
        session.add(
            RegionParameter(
                region_code=NORTH,
                name="late_fee_per_day",
                valid_from=date(YEAR, 1, 1),
                valid_to=date(YEAR + 1, 1, 1),
                value="0.0005",
            )
        )
    clock.now = JULY
    levy = get_levy(issued.ours.id, MONTH, "410")
    pay(levy, "10.00", "2026-07-05", "P1", JULY)
    rest = levy.total_fen - 1_000
    fee = ((levy.total_fen + rest) * 10 * 5 + 5_000) // 10_000
    said = (
        f"滞纳金（逾期20天，计到2026-07-15）{yuan_text(fee)}",
        "已缴-10.00",
        f"还应缴（大写）{capital_amount(rest + fee)}{yuan_text(rest + fee)}",
        f"{yuan_text(rest)}元×10天×0.0005=",
        "社会保险法",
    )
    wang = sign_in("wang")
    page = wang.get("/levies/notices")
    shown = "".join(page.all("//article")[1].text_content().split())
    text = text_of(wang, f"/levies/{levy.id}/notice.pdf")
    for one in said:
        assert one in shown and one in text, one


def test_what_was_replaced_says_by_what(issued, wang):
    old = get_levy(issued.ours.id, MONTH, "410")
    with transaction() as session:
        session.connection().execute(
            update(UnitRate)
            .where(UnitRate.unit_id == issued.ours.id, UnitRate.insurance == "410")
            .values(employer_millionths=4_600)
        )
    reissue(actor("gao"), issued.ours.id, MONTH, "费率登记有误", JULY)
    new = get_levy(issued.ours.id, MONTH, "410")
    words = wang.get("/levies/notices").words
    assert new.serial_no in words and "第 2 版，重新核定的理由：费率登记有误" in words
    assert old.serial_no not in words
    text = text_of(wang, f"/levies/{old.id}/notice.pdf")
    assert f"由征集流水号{new.serial_no}代替" in text and "还应缴" not in text
    assert "缴费标志已作废" in text_of(wang, f"/levies/{old.id}/sheet.pdf")


def test_nothing_issued_says_what_to_do(world, wang):
    assert "没有找到匹配的记录" in wang.get("/levies/notices").words
    page = wang.get("/levies/notices?month=20266")
    assert page.status == 422 and "不是月份" in page.alert


def test_another_month_leads_back_to_the_newest(issued, wang):
    page = wang.get("/levies/notices?month=202601")
    assert "没有找到匹配的记录" in page.words
    assert page.one("//main//a[contains(@href, 'month=202606')]").text_content() == "2026-06"


def test_another_units_paper_is_not_found(issued, wang, sign_in):
    theirs = get_levy(issued.theirs.id, MONTH, "410")
    for form in ("notice", "sheet"):
        assert sign_in("zhao").http.get(f"/levies/{theirs.id}/{form}.pdf").status_code == 200
        assert wang.get(f"/levies/{theirs.id}/{form}.pdf").status == 404
    assert theirs.serial_no not in wang.get("/levies/notices").words


def test_rare_characters_are_printed(issued, wang):
    with transaction() as session:
        session.connection().execute(
            update(Unit)
            .where(Unit.id == issued.ours.id)
            .values(name="呼和浩特市青禾供热有限责任公司䶮𬭎分公司")
        )
    levy = get_levy(issued.ours.id, MONTH, "410")
    assert "青禾供热有限责任公司䶮𬭎分公司" in text_of(wang, f"/levies/{levy.id}/notice.pdf")
