"""A file that will not do, from sending to writing and back, in a real browser: by keyboard, and without scripts."""

from __future__ import annotations

import contextlib
import io
import re
import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hall import Hall
from playwright.sync_api import Browser, Locator, Page, expect

LINES = re.compile(r"/wages/uploads/\d+/lines$")


@pytest.fixture
def clerk(address: str, new_page: Callable[..., Page], has_script: bool) -> Hall:
    """A clerk of the 12-person unit whose list is filled."""
    hall = Hall(new_page(address, has_script=has_script), has_script=has_script)
    start(hall)
    return hall


def start(hall: Hall) -> None:
    hall.sign_in("xty_chen")
    hall.go("去开始")
    hall.press("开始")
    hall.wait_for(hall.page.get_by_role("link", name="去录入工资"))


def people(hall: Hall) -> list[list[str]]:
    """序号, 个人编号, 姓名, 证件号码, 原工资, 现工资 of everybody, from the download."""
    data = hall.page.request.get("/wages/1/download/zip").body()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(archive.namelist()[0]).decode("gb18030")
    return [line.split("\t") for line in text.split("\r\n")[2:-1]]


def own_list(rows: list[list[str]], wages: list[str], heading: str = "现工资") -> bytes:
    """A list of the unit's own: 个人编号, 姓名 and a wage for each of the first people."""
    lines = [f"个人编号,姓名,部门,{heading}"]
    lines += [f"{row[1]},{row[2]},车间,{wage}" for row, wage in zip(rows, wages, strict=False)]
    return "\r\n".join(lines).encode("gb18030")


def near(row: list[str], times: float = 1.05) -> str:
    """A wage a little above last year's."""
    return f"{float(row[4]) * times:.2f}"


def send(hall: Hall, data: bytes, folder: Path, name: str = "本单位工资.csv") -> None:
    (folder / name).write_bytes(data)
    hall.page.goto("/wages/1/uploads")
    hall.upload("要上传的文件", folder / name, "上传并检查")


def counts(hall: Hall) -> list[int]:
    return [int(text) for text in hall.page.locator("#upload-counts b").all_inner_texts()]


def row(hall: Hall, line: int) -> Locator:
    return hall.page.locator(f"#u{line}")


def test_bad_cells_are_mended_on_the_screen_written_and_taken_back(clerk: Hall, tmp_path: Path) -> None:
    everybody = people(clerk)
    wages = [near(one) for one in everybody]
    # What they should be, with a third decimal, a unit word, a letter, and a column that slipped.
    wages[1] += "4"
    wages[2] += "7"
    wages[3] = "5千"
    wages[4] = "见附件"
    wages[5] = f"-{wages[5]}"
    send(clerk, own_list(everybody, wages), tmp_path)
    clerk.wait_for(clerk.page.locator("#upload-dock"))
    assert counts(clerk)[3:] == [len(refused(clerk)), len(everybody)]
    expect(clerk.page.get_by_role("button", name="确认写入")).to_be_disabled()
    if clerk.has_script:
        mend_by_keyboard(clerk, everybody)
    else:
        mend_by_form(clerk, everybody)
    assert counts(clerk)[3] == 1, "the line left out stays among the refused"
    clerk.press("确认写入")
    clerk.wait_for(clerk.page.get_by_text(f"已写入 {len(everybody) - 1} 人的工资"))
    clerk.go("查看录入")
    assert clerk.counts() == (12, 1, 11)
    clerk.page.go_back()
    clerk.press("撤销这次写入")
    clerk.wait_for(clerk.page.get_by_text(f"已撤销：{len(everybody) - 1} 人的工资回到了写入之前"))
    clerk.go("查看录入")
    assert clerk.counts() == (12, 12, 0)


def refused(hall: Hall) -> list[str]:
    return hall.page.locator("#rows tr.bad-row").all_inner_texts()


def mend_by_keyboard(hall: Hall, everybody: list[list[str]]) -> None:
    """Enter saves and goes on, Esc brings back, a proposal is one press; the page is never left."""
    address = hall.page.url
    field = hall.page.locator("#w6")
    field.focus()
    field.fill("7")
    field.press("Escape")
    expect(field).to_have_value("见附件")
    field.fill(near(everybody[4]))
    with hall.page.expect_response(LINES):
        field.press("Enter")
    expect(hall.page.locator("#w7")).to_be_focused()
    expect(row(hall, 6)).to_contain_text("已修正")
    hall.page.locator("#w7").fill("不知道")
    with hall.page.expect_response(LINES):
        hall.page.locator("#w7").press("Shift+Enter")
    expect(hall.page.locator("#w6")).to_be_focused()
    expect(row(hall, 7)).to_have_class("bad-row")
    expect(hall.page.locator("#w7")).to_have_attribute("aria-invalid", "true")
    expect(hall.page.locator("#w7")).to_have_value("不知道")
    with hall.page.expect_response(LINES):
        row(hall, 7).get_by_label("本行不导入").check()
    expect(row(hall, 7).get_by_label("本行不导入")).to_be_focused()
    with hall.page.expect_response(LINES):
        row(hall, 5).get_by_role("button", name=re.compile("用建议")).press("Enter")
    expect(row(hall, 5)).to_contain_text("已修正")
    expect(hall.page.locator("#w5")).to_be_focused()
    expect(hall.page.get_by_role("button", name="确认写入")).to_be_disabled()
    # The part below follows a moment later, and says the same as the counts above.
    expect(hall.page.locator("#upload-change summary").first).to_contain_text("9 人")
    assert hall.page.url == address
    hall.press("按建议改好 2 行")
    expect(hall.page.get_by_text("按建议改好了 2 行")).to_be_visible()


def mend_by_form(hall: Hall, everybody: list[list[str]]) -> None:
    """The page of rows goes with one press and comes back with what became of each."""
    hall.page.locator("#w6").fill(near(everybody[4]))
    hall.page.locator("#w7").fill("不知道")
    hall.press("保存本页修正")
    expect(row(hall, 6)).to_contain_text("已修正")
    expect(row(hall, 7)).to_have_class("bad-row")
    expect(hall.page.locator("#w7")).to_have_value("不知道")
    row(hall, 7).get_by_label("本行不导入").check()
    row(hall, 5).get_by_role("button", name=re.compile("用建议")).click()
    expect(row(hall, 5)).to_contain_text("已修正")
    hall.press("按建议改好 2 行")
    expect(hall.page.get_by_text("按建议改好了 2 行")).to_be_visible()


def test_a_line_that_waited_for_another_changes_with_it(
    address: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    clerk = Hall(new_page(address), has_script=True)
    start(clerk)
    first, second = people(clerk)[:2]
    send(clerk, own_list([first, first, second, second], ["5千", near(first), "六", near(second)]), tmp_path)
    clerk.wait_for(clerk.page.locator("#upload-dock"))
    expect(row(clerk, 3)).to_contain_text("与第 2 行是同一个人")
    row(clerk, 2).get_by_label("本行不导入").check()
    expect(row(clerk, 3)).not_to_contain_text("与第 2 行是同一个人")
    # On a page of one kind the other line is not there, and nothing is amiss.
    clerk.page.goto(clerk.page.url.split("#")[0] + "?show=todo&kind=wage.not_a_number")
    row(clerk, 4).get_by_label("本行不导入").check()
    expect(row(clerk, 4)).to_contain_text("本行不导入")
    expect(clerk.page.locator("#upload-counts b").nth(3)).to_have_text("2")


def test_the_columns_of_the_units_own_list_are_named_once(clerk: Hall, tmp_path: Path) -> None:
    everybody = people(clerk)
    send(clerk, own_list(everybody, [near(one) for one in everybody], "应发合计"), tmp_path)
    clerk.wait_for(clerk.page.get_by_role("button", name="就这样读，检查文件"))
    for column, role in (("A", "个人编号"), ("B", "姓名"), ("D", "不用")):
        clerk.page.get_by_label(f"{column} 列").select_option(label=role)
    clerk.press("就这样读，检查文件")
    expect(clerk.page.locator(".note.bad")).to_contain_text("现工资")
    expect(clerk.page.get_by_label("A 列").locator("option:checked")).to_have_text("个人编号")
    clerk.page.get_by_label("D 列").select_option(label="现工资")
    clerk.press("就这样读，检查文件")
    clerk.wait_for(clerk.page.get_by_role("button", name="确认写入"))
    assert counts(clerk)[0] + counts(clerk)[2] == 12
    # The next month's list is read without asking.
    send(clerk, own_list(everybody, [near(one, 1.06) for one in everybody], "应发合计"), tmp_path)
    clerk.wait_for(clerk.page.get_by_role("button", name="确认写入"))
    assert counts(clerk)[0] + counts(clerk)[2] == 12


def test_replacing_asks_for_a_look_at_whom_it_empties(clerk: Hall, tmp_path: Path) -> None:
    everybody = people(clerk)
    send(clerk, own_list(everybody, [near(one) for one in everybody]), tmp_path)
    clerk.wait_for(clerk.page.get_by_role("button", name="确认写入"))
    clerk.press("确认写入")
    clerk.wait_for(clerk.page.get_by_text("已写入 12 人的工资"))
    send(clerk, own_list(everybody, [near(one, 1.06) for one in everybody[:9]]), tmp_path)
    clerk.wait_for(clerk.page.get_by_role("button", name="确认写入"))
    clerk.page.get_by_label("替换", exact=True).check()
    clerk.press("确认写入")
    expect(clerk.page.locator(".note.bad")).to_contain_text("清空 3 人")
    expect(clerk.page.get_by_label("替换", exact=True)).to_be_checked()
    clerk.page.get_by_label(re.compile("我看过，清空这 3 人")).check()
    clerk.press("确认写入")
    clerk.wait_for(clerk.page.get_by_text("清空 3 人"))
    clerk.go("查看录入")
    assert clerk.counts() == (12, 3, 9)
    clerk.page.go_back()
    clerk.press("撤销这次写入")
    clerk.wait_for(clerk.page.get_by_text("已撤销：12 人的工资回到了写入之前"))
    clerk.go("查看录入")
    assert clerk.counts() == (12, 0, 12)


def test_the_workshop_fits_a_phone(clerk: Hall, tmp_path: Path) -> None:
    everybody = people(clerk)
    clerk.page.set_viewport_size({"width": 390, "height": 844})
    for heading in ("现工资", "应发合计"):
        send(clerk, own_list(everybody, ["5千", "1.234", "-5"], heading), tmp_path, f"{heading}.csv")
        clerk.wait_for(clerk.page.locator("#upload-dock, table.sample"))
        assert clerk.page.evaluate("document.documentElement.scrollWidth") <= 390
    clerk.page.goto("/wages/1/uploads")
    assert clerk.page.evaluate("document.documentElement.scrollWidth") <= 390


# A line that breaks ------------------------------------------------------------------------------


class Line:
    """A county line between browser and hall: it may die in the middle of what is sent, until it is mended."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.cuts_after: int | None = None
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.server.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near_end, _address = self.server.accept()
                far_end = socket.create_connection(self.target)
                for source, sink, is_sent in ((near_end, far_end, True), (far_end, near_end, False)):
                    threading.Thread(target=self._carry, args=(source, sink, is_sent), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_sent: bool) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                carried += len(data)
                if is_sent and self.cuts_after is not None and carried > self.cuts_after:
                    # Gone without a good-bye, as a line is that was pulled out.
                    source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.close()


@pytest.fixture
def line(address: str) -> Iterator[Line]:
    host, port = address.removeprefix("http://").split(":")
    made = Line(host, int(port))
    yield made
    made.close()


@pytest.fixture
def far_clerk(browser: Browser, line: Line) -> Iterator[Hall]:
    """A clerk behind that line; a browser reports a broken line on its console, and that is as it should be."""
    context = browser.new_context(
        base_url=line.address, locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(20_000)
    hall = Hall(context.new_page(), has_script=True)
    problems: list[str] = []
    hall.page.on("pageerror", lambda error: problems.append(str(error)))
    start(hall)
    yield hall
    context.close()
    assert problems == []


def large(rows: list[list[str]]) -> bytes:
    """Everybody's wages in a file that takes a while: a megabyte of remarks stands beside them."""
    lines = ["个人编号,姓名,现工资,备注"]
    lines += [f"{one[1]},{one[2]},{near(one)},{'备注' * 50_000}" for one in rows]
    return "\r\n".join(lines).encode("gb18030")


def test_a_line_that_breaks_while_sending_is_said_and_the_retry_goes_through(
    far_clerk: Hall, line: Line, tmp_path: Path
) -> None:
    page = far_clerk.page
    data = large(people(far_clerk))
    line.cuts_after = len(data) // 2
    send(far_clerk, data, tmp_path)
    said = page.get_by_role("alert").filter(has_text="文件没有传完")
    expect(said).to_contain_text("网络断了，文件没有传完，系统中的数据没有改动。选好的文件还在")
    expect(page.get_by_role("button", name="重试")).to_be_focused()
    assert page.url.endswith("/wages/1/uploads")
    page.get_by_role("button", name="重试").click()
    expect(said).to_contain_text("如果选好之后又改过、移动过这个文件")
    line.cuts_after = None
    page.get_by_role("button", name="重试").click()
    far_clerk.wait_for(page.locator("#upload-dock"))
    assert counts(far_clerk)[4] == 12
    page.goto("/wages/1/uploads")
    expect(page.locator("table.jobs tbody tr")).to_have_count(1)


def test_sending_shows_how_far_it_is_and_can_be_stopped(far_clerk: Hall, line: Line, tmp_path: Path) -> None:
    page = far_clerk.page
    data = large(people(far_clerk))
    # Held up on its way for as long as nobody gives it up.
    page.route(
        re.compile(r"/wages/1/uploads$"),
        lambda route: None if route.request.method == "POST" else route.continue_(),
    )
    send(far_clerk, data, tmp_path)
    expect(page.get_by_role("progressbar", name="上传进度")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=re.compile("已传|已经传完"))).to_be_visible()
    expect(page.get_by_role("button", name="上传并检查")).to_be_hidden()
    page.get_by_role("button", name="取消上传").click()
    expect(page.get_by_role("alert").filter(has_text="已取消")).to_contain_text("系统中的数据没有改动")
    expect(page.get_by_role("button", name="上传并检查")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="上传并检查").click()
    far_clerk.wait_for(page.locator("#upload-dock"))


def test_without_a_network_nothing_is_sent_and_that_is_said(far_clerk: Hall, tmp_path: Path) -> None:
    page = far_clerk.page
    data = own_list(people(far_clerk), ["6000"])
    page.goto("/wages/1/uploads")
    (tmp_path / "工资.csv").write_bytes(data)
    page.get_by_label("要上传的文件").set_input_files(tmp_path / "工资.csv")
    page.context.set_offline(True)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert").filter(has_text="没有联网")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("alert").filter(has_text="网络恢复了")).to_be_visible()
    page.get_by_role("button", name="重试").click()
    far_clerk.wait_for(page.locator("#upload-dock"))


def test_what_the_hall_does_not_take_is_said_in_place(far_clerk: Hall, tmp_path: Path) -> None:
    page = far_clerk.page
    page.goto("/wages/1/uploads")
    far_clerk.press("上传并检查")
    expect(page.get_by_role("alert").filter(has_text="还没有选文件")).to_be_visible()
    (tmp_path / "空.csv").write_bytes(b"")
    far_clerk.upload("要上传的文件", tmp_path / "空.csv", "上传并检查")
    expect(page.get_by_role("alert").filter(has_text="文件是空的")).to_be_visible()
    assert page.url.endswith("/wages/1/uploads")


def test_a_file_is_dropped_on_the_form(far_clerk: Hall) -> None:
    page = far_clerk.page
    text = own_list(people(far_clerk), ["5千"]).decode("gb18030")
    page.goto("/wages/1/uploads")
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], '拖来的.csv'));
            const form = document.querySelector('form.send');
            for (const kind of ['dragover', 'drop'])
                form.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
        }""",
        text,
    )
    far_clerk.wait_for(page.locator("#upload-dock"))
    expect(page.get_by_role("heading", name="检查结果：拖来的.csv")).to_be_visible()


def test_a_repair_that_does_not_arrive_is_kept_said_and_tried_again(
    far_clerk: Hall, line: Line, tmp_path: Path
) -> None:
    page = far_clerk.page
    everybody = people(far_clerk)
    send(far_clerk, own_list(everybody, ["5千", "1.234"]), tmp_path)
    far_clerk.wait_for(page.locator("#upload-dock"))
    page.route(LINES, lambda route: route.abort())
    page.locator("#w2").fill(near(everybody[0]))
    page.locator("#w2").press("Enter")
    expect(row(far_clerk, 2)).to_contain_text("未保存")
    page.locator("#s3").check()
    expect(row(far_clerk, 3)).to_contain_text("未保存")
    expect(page.locator("#unsaved")).to_contain_text("2 行未保存")
    page.unroute(LINES)
    # They come back by themselves; nobody presses anything.
    expect(row(far_clerk, 2)).to_contain_text("已修正", timeout=30_000)
    expect(row(far_clerk, 3)).to_contain_text("本行不导入", timeout=30_000)
    expect(page.locator("#unsaved")).to_be_hidden()
    expect(page.get_by_role("button", name="确认写入")).to_be_enabled()
