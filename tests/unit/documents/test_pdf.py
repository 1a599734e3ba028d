"""What is printed can be read again, by eye, by search and by count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from documents.pen import Pen, new_canvas
from documents.receipt_pdf import Receipt, digest_lines, write_receipt_pdf
from documents.roster_pdf import (
    ROWS_PER_PAGE,
    DeclarationCover,
    InsuranceFigures,
    RosterRow,
    page_count,
    write_declaration_pdf,
)
from documents.statement_pdf import StatementFacts, write_statement_pdf
from documents.typeface import missing_glyphs, printable

# Beyond the first 65,536 characters and in the typeface; 𪛗 is not in it.
RARE = "䶮㛃𬭊𬬻𬭎"
LACKING = "𪛗"
NAMES = ["张䶮", "𬭊𬬻", "乌云·其木格", "阿拉腾敖其尔·巴图苏和·额尔德尼其其格" * 2, "王" + LACKING]


def figures(code: str) -> InsuranceFigures:
    return InsuranceFigures(
        code,
        72,
        70,
        461075752,
        533652,
        5,
        1500000,
        2529000,
        2,
        6000000,
        5058000,
        48000000,
        None,
        "+4.35%",
        "0.23%",
        110400,
    )


def cover(total: int) -> DeclarationCover:
    return DeclarationCover(
        "示例单位（䶮）",
        "150100123456",
        2026,
        "annual",
        (("法定代表人", "𬭊"),),
        (figures("310"), figures("410")),
        ("医疗", "工伤生育"),
        total,
        "ab12cd34" * 8,
    )


def rows(total: int) -> Iterator[RosterRow]:
    for number in range(1, total + 1):
        yield RosterRow(number, NAMES[number % 5], "150***********7237", 6403830, None, (533652, None))


def declaration(total: int) -> bytes:
    out = BytesIO()
    write_declaration_pdf(cover(total), rows(total), out)
    return out.getvalue()


def text_of(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def fonts_of(data: bytes) -> dict[str, DictionaryObject]:
    found = {}
    for page in PdfReader(BytesIO(data)).pages:
        for font in page["/Resources"]["/Font"].values():
            found[font.get_object()["/BaseFont"]] = font.get_object()
    return found


def test_rare_characters_are_found_by_two_readers() -> None:
    data = declaration(8)
    by_pypdf = "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    for text in (text_of(data), by_pypdf):
        assert "张䶮" in text
        assert "𬭊𬬻" in text
        assert "〔U+2A6D7〕" in text
        assert "4,610,757.52" in text


def test_every_font_of_the_roster_is_embedded() -> None:
    fonts = fonts_of(declaration(300))
    assert fonts
    for name, font in fonts.items():
        assert "NotoSansSC" in name
        assert "/FontFile2" in font["/FontDescriptor"]


def test_pages_are_counted_beforehand() -> None:
    for total in (0, 1, ROWS_PER_PAGE, ROWS_PER_PAGE + 1, 1000):
        data = declaration(total)
        assert len(PdfReader(BytesIO(data)).pages) == page_count(total)
    text = text_of(data).replace(" ", "")
    pages = 1 + -(-1000 // ROWS_PER_PAGE)
    assert f"第1页共{pages}页" in text
    assert f"第{pages}页共{pages}页" in text
    assert text.count("本人签字") == pages - 1
    assert text.count("数据指纹ab12cd34ab12cd34") == pages


def test_what_the_typeface_lacks_is_reported_and_progress_told() -> None:
    told: list[int] = []
    missing = write_declaration_pdf(cover(50), rows(50), BytesIO(), told.append)
    assert missing == [LACKING]
    assert told == [ROWS_PER_PAGE, 50]


@pytest.mark.parametrize("came", [9, 11, 500])
def test_a_wrong_number_of_rows_is_a_programming_error(came: int) -> None:
    with pytest.raises(ValueError):
        write_declaration_pdf(cover(10), rows(came), BytesIO())


def test_printable() -> None:
    assert missing_glyphs("abc 王" + RARE + "·") == []
    assert missing_glyphs(f"王{LACKING}\n{LACKING}\U000323af") == [LACKING, "\U000323af"]
    assert printable("王" + LACKING) == "王〔U+2A6D7〕"
    assert printable("王䶮") == "王䶮"


@pytest.mark.parametrize("text", ["阿" * 50, "W" * 50, "A·" * 25, "短", "阿" * 200, "9,999,999,999,999.99"])
def test_no_text_leaves_its_box(text: str) -> None:
    pen = Pen(new_canvas(BytesIO(), ""))
    placed: list[tuple[float, float, str, float]] = []
    pen._place = lambda x, y, line, size, align: placed.append((x, y, line, size))
    pen.boxed(100, 200, 80, 20, text, 8.5)
    assert "".join(line for _x, _y, line, _size in placed) == text
    for x, y, line, size in placed:
        assert x >= 100
        assert x + pen.width(line, size) <= 180
        assert y - size * 0.25 >= 200
        assert y + size * 0.9 <= 220.5


def test_the_cost_grows_with_the_rows_only() -> None:
    declaration(10)
    spent = []
    for total in (1_000, 10_000):
        started = time.process_time()
        declaration(total)
        spent.append(time.process_time() - started)
    # 0.7 s on one slow core.
    assert spent[1] < 5
    assert spent[1] <= spent[0] * 10 * 1.3


def statement(reason: str) -> tuple[bytes, list[str]]:
    fields = [(f"项目{number}", "内容") for number in range(30)]
    facts = StatementFacts("示例单位（𬭊）", 2026, ("310", "410"), "本单位承诺以上内容真实。", "ab12" * 16)
    answers = [("增减原因", reason), ("法人", "䶮")]
    return write_statement_pdf(facts, [("单位信息", fields), ("说明", answers)])


def test_statement() -> None:
    data, missing = statement("<script>&" + LACKING + "䶮𬭊")
    text = text_of(data)
    assert missing == [LACKING]
    assert "<script>&〔U+2A6D7〕䶮𬭊" in text
    assert "医疗、工伤" in text
    assert "项目29" in text
    assert "第1页共1页" in text.replace(" ", "")
    assert any("/FontFile2" in font.get("/FontDescriptor", {}) for font in fonts_of(data).values())


def test_a_long_statement_still_keeps_to_one_page() -> None:
    data, _missing = statement("人员增减情况说明，" * 90)
    assert len(PdfReader(BytesIO(data)).pages) == 1
    assert "第1页共1页" in text_of(data).replace(" ", "")


def test_receipt() -> None:
    digest = "0123456789abcdef" * 4
    receipt = Receipt(
        "HZ2026-1",
        "示例单位（䶮）",
        "150100123456",
        ("410", "510"),
        2026,
        72,
        (("现工资合计（元/年）", "4,910,757.52"),),
        "2026-03-05 10:20:30",
        "张" + LACKING,
        "待审核",
        digest,
        "https://example.invalid/r/HZ2026-1",
        (("2026-03-05 10:20:30", "张𬭊", "提交申报"),),
    )
    data, missing = write_receipt_pdf(receipt)
    text = text_of(data)
    assert missing == [LACKING]
    for words in (
        "HZ2026-1",
        "（䶮）",
        "工伤、生育",
        "4,910,757.52",
        "张𬭊",
        "待审核",
        "/r/HZ2026-1",
        "0123 4567 89ab cdef 0123 4567 89ab cdef",
    ):
        assert words in text
    assert "".join(digest_lines(digest)).replace(" ", "") == digest
    assert len(PdfReader(BytesIO(data)).pages) == 1


def test_glyphs_beyond_the_first_plane_are_inked(tmp_path: Path) -> None:
    canvas = new_canvas(str(tmp_path / "a.pdf"), "")
    pen = Pen(canvas)
    pen.text(100, 400, "𬭊", 200)
    pen.end_page()
    canvas.save()
    with pypdfium2.PdfDocument(tmp_path / "a.pdf") as document:
        picture = document[0].render(scale=20 / 72, grayscale=True).to_pil()
    dark = sum(1 for pixel in picture.tobytes() if pixel < 128)
    # A blank page has none; a box drawn for an unknown character has far fewer than a glyph of 11 strokes.
    assert dark > 300
