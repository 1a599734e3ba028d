"""到账: a file is booked whole or not at all, once; what was paid in part, late, too much or for an older version."""

from __future__ import annotations

import threading
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from documents.limits import Limits
from models.db import reading, transaction
from models.levy import Levy, LevyPayment, LevyPaymentFile
from models.notice import Notice
from models.region import RegionParameter
from models.unit import UnitRate
from rules.refusals import Conflict
from services.deadlines import tell_deadlines
from services.levy_payments import Standing, standing
from services.levy_versions import reissue
from services.notice_words import mail_words, screen_words
from services.payment_files import book_file
from tests.factories import CHINA, NORTH, YEAR, actor
from tests.integration.levy_desk import draft_month, get_levy, issue_month
from tests.integration.payment_desk import pay, payment_csv
from tests.integration.way import audited, count

JULY = datetime(2026, 7, 15, 9, 0, tzinfo=CHINA)


@pytest.fixture
def issued(world, runner, clock):
    """June is issued in the north, and the middle of July has come."""
    issue_month(runner, "202606")
    clock.now = JULY
    return world


@pytest.fixture
def fee(issued):
    """滞纳金 0.05 % a day."""
    with transaction() as session:
        session.add(
            RegionParameter(
                region_code=NORTH,
                name="late_fee_per_day",
                valid_from=date(YEAR - 1, 1, 1),
                valid_to=date(YEAR + 2, 1, 1),
                value="0.0005",
                source="社会保险法第八十六条",
            )
        )


def levy_of(unit_id: int, insurance: str = "410") -> Levy:
    return get_levy(unit_id, "202606", insurance)


def stand(levy: Levy, on: date | None = None) -> Standing:
    with reading() as session:
        return standing(session, [levy], on or JULY.date())[levy.key]


def send(clerk, data: bytes, name: str = "到账.csv"):
    clerk.get("/bureau/payments")
    return clerk.press("上传并检查", file=(name, data))


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


# The bureau's way ---------------------------------------------------------------------------------


def test_a_file_is_looked_through_then_booked(issued, sign_in):
    gao, ours, theirs = sign_in("gao"), levy_of(issued.ours.id), levy_of(issued.theirs.id)
    data = payment_csv(
        f"{ours.serial_no},{yuan(ours.total_fen)},2026-06-24,P1",
        f"{theirs.serial_no},10.00,2026-06-25,P2",
    )
    page = send(gao, data)
    assert page.path.startswith("/bureau/payments/check/")
    assert "单位23000072" in page.words and "每一行都找到了征集单" in page.words
    assert count(LevyPayment) == 0
    page = gao.press("确认入账")
    assert "已入账" in page.words and "P2" in page.words
    assert count(LevyPayment) == 2 and count(LevyPaymentFile) == 1
    assert stand(ours).state == "paid"
    assert stand(theirs).unpaid_fen == theirs.total_fen - 1_000 and stand(theirs).state == "late"
    (event,) = audited("payments_booked")
    assert event.after["lines"] == 2 and event.after["amount_fen"] == ours.total_fen + 1_000
    assert "到账.csv" in gao.get("/bureau/payments").words


def test_the_same_file_is_booked_once_whatever_its_name_and_however_often_pressed(issued, sign_in):
    gao, levy = sign_in("gao"), levy_of(issued.ours.id)
    data = payment_csv(f"{levy.serial_no},10.00,2026-06-24,P1")
    check = send(gao, data)
    digest = check.value("digest")
    gao.press("确认入账")
    again = gao.post(check.address, {"digest": digest, "do": "book"})
    assert "没有重复入账" in again.words
    page = send(gao, data, "另一个名字.csv")
    assert page.path == "/bureau/payments/1" and "没有重复入账" in page.words
    assert count(LevyPayment) == 1 and len(audited("payments_booked")) == 1


def test_a_half_bad_file_changes_nothing_and_every_bad_line_is_named(issued, sign_in):
    levy = levy_of(issued.ours.id)
    pay(levy, "1.00", "2026-06-24", "P0", JULY)
    gao = sign_in("gao")
    page = send(
        gao,
        payment_csv(
            f"{levy.serial_no},10.00,2026-06-24,P1",
            f"{levy.serial_no},10.00,2026-06-24,P1",
            "999999999,10.00,2026-06-24,P2",
            f"{levy.serial_no},0,2026-06-24,P3",
            f"{levy.serial_no},-3,2026-06-24,P4",
            f"{levy.serial_no},3,2026-07-16,P5",
            f"{levy.serial_no},3,2026-06-24,P0",
            f"{levy.serial_no},3,2026-06-01,P6",
            f"{levy.serial_no},,2026-06-24,",
        ),
    )
    rows = {
        row.xpath("./th")[0].text_content(): row.text_content() for row in page.all("//tr[@class='bad-row']")
    }
    assert list(rows) == [f"第 {n} 行" for n in range(3, 11)]
    assert "与第 2 行相同" in rows["第 3 行"]
    assert "没有签发过流水号 000999999999" in rows["第 4 行"]
    assert "金额是 0" in rows["第 5 行"]
    assert "还没有到" in rows["第 7 行"]
    assert "已在 2026-07-15 随文件“P0.csv”入账" in rows["第 8 行"]
    assert "早于征集单签发的日期" in rows["第 9 行"]
    assert not page.all("//button[.='确认入账']")
    digest = page.value("digest")
    assert gao.post(page.address, {"digest": digest, "do": "book"}).status == 409
    assert count(LevyPayment) == 1 and count(LevyPaymentFile) == 1


def test_a_draft_and_another_regions_levy_are_unknown(issued, runner, sign_in):
    levy = levy_of(issued.ours.id)
    page = send(sign_in("na"), payment_csv(f"{levy.serial_no},10.00,2026-06-24,P1"))
    assert f"没有签发过流水号 {levy.serial_no}" in page.words
    draft_month(runner, "202607")
    with reading() as session:
        draft = session.scalars(select(Levy).where(Levy.state == "draft").limit(1)).one()
    page = send(sign_in("gao"), payment_csv(f"{draft.serial_no},10.00,2026-07-15,P1"))
    assert f"没有签发过流水号 {draft.serial_no}" in page.words
    assert count(LevyPayment) == 0


def test_files_and_their_lines_are_the_regions_own(issued, sign_in):
    file_id = pay(levy_of(issued.ours.id), "10.00", "2026-06-24", "P1", JULY)
    assert sign_in("gao").get(f"/bureau/payments/{file_id}").status == 200
    na = sign_in("na")
    assert na.get(f"/bureau/payments/{file_id}").status == 404
    assert "P1" not in na.get("/bureau/payments").words
    assert na.get("/bureau/payments/check/../../etc").status == 404
    assert na.get("/bureau/payments/check/no-such-file-anywhere.pay").status == 404


def test_a_file_that_is_given_up_leaves_nothing(issued, sign_in):
    gao = sign_in("gao")
    page = send(gao, payment_csv(f"{levy_of(issued.ours.id).serial_no},10.00,2026-06-24,P1"))
    assert "已放弃" in gao.press("放弃").words
    assert gao.get(page.address).status == 404
    assert count(LevyPayment) == 0


def test_what_is_no_file_of_payments_is_said_on_the_page(issued, sign_in):
    gao = sign_in("gao")
    page = send(gao, "姓名,工资\n王秀兰,1\n".encode())
    assert page.status == 422 and "没有找到列名" in page.alert
    assert "文件里什么也没有" in send(gao, b"").alert


def test_the_same_voucher_in_two_files_at_the_same_moment_is_booked_once(issued):
    levy = levy_of(issued.ours.id)
    files = [payment_csv(f"{levy.serial_no},{n}.00,2026-06-24,P1") for n in (1, 2)]
    start, ends = threading.Barrier(2), []

    def book(data: bytes) -> None:
        start.wait()
        try:
            ends.append(book_file(actor("gao"), "x.csv", data, Limits(), JULY)[1])
        except Conflict as conflict:
            ends.append(conflict.code)

    threads = [threading.Thread(target=book, args=(data,)) for data in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, ends)) == ["True", "payments.faulty"]
    assert count(LevyPayment) == 1 and count(LevyPaymentFile) == 1


# How a levy stands --------------------------------------------------------------------------------


def test_before_and_on_the_last_day_it_is_open_then_late(fee, issued):
    levy = levy_of(issued.ours.id)
    assert stand(levy, levy.due_on).state == "open" and stand(levy, levy.due_on).late_fee_fen == 0
    after = stand(levy, date(2026, 7, 5))
    assert (after.state, after.days_late, after.per_day) == ("late", 10, Decimal("0.0005"))
    # 10 days × 0.0005 = 0.005 of the amount, rounded half up.
    assert after.late_fee_fen == (levy.total_fen * 5 + 500) // 1000
    assert after.owed_fen == levy.total_fen + after.late_fee_fen


def test_paid_in_part_the_rest_goes_on_being_late(fee, issued):
    levy = levy_of(issued.ours.id)
    half = levy.total_fen // 2
    pay(levy, yuan(half), "2026-07-05", "P1", JULY)
    now = stand(levy)
    rest = levy.total_fen - half
    expected = Decimal(levy.total_fen * 10 + rest * 10) * Decimal("0.0005")
    assert now.late_fee_fen == int(expected + Decimal("0.5"))
    assert (now.unpaid_fen, now.days_late, now.state) == (rest, 20, "late")
    assert [span.days for span in now.spans] == [10, 10]
    assert stand(levy, date(2026, 7, 4)).paid_fen == 0
    lines = now.fee_lines()
    assert len(lines) == 3 and "10 天 × 0.0005" in lines[0] and "0.05%" in lines[2]


def test_paid_late_without_the_fee_is_still_late_and_with_it_is_paid(fee, issued):
    levy = levy_of(issued.ours.id)
    pay(levy, yuan(levy.total_fen), "2026-07-15", "P1", JULY)
    now = stand(levy)
    assert (now.state, now.unpaid_fen) == ("late", 0) and now.owed_fen == now.late_fee_fen > 0
    pay(levy, yuan(now.late_fee_fen), "2026-07-15", "P2", JULY)
    # The fee does not grow once the levy itself is paid.
    assert stand(levy, date(2026, 12, 31)).state == "paid"


def test_paid_too_much_is_a_credit(issued):
    levy = levy_of(issued.ours.id)
    pay(levy, yuan(levy.total_fen + 500), "2026-06-24", "P1", JULY)
    now = stand(levy)
    assert (now.state, now.credit_fen, now.owed_fen) == ("credit", 500, 0)


def test_a_region_without_the_parameter_charges_no_fee(issued):
    now = stand(levy_of(issued.ours.id))
    assert (now.state, now.late_fee_fen) == ("late", 0) and now.days_late == 20
    assert "没有设定" in now.fee_lines()[0]


def test_what_was_paid_for_the_first_version_counts_for_the_second(issued, sign_in):
    first = levy_of(issued.ours.id)
    pay(first, yuan(first.total_fen), "2026-06-24", "P1", JULY)
    with transaction() as session:
        session.connection().execute(
            update(UnitRate)
            .where(UnitRate.unit_id == issued.ours.id, UnitRate.insurance == "410")
            .values(employer_millionths=4_600)
        )
    reissue(actor("gao"), issued.ours.id, "202606", "费率登记有误", JULY)
    second = levy_of(issued.ours.id)
    assert second.version == 2 and second.total_fen > first.total_fen
    now = stand(second)
    assert (now.paid_fen, now.unpaid_fen) == (first.total_fen, second.total_fen - first.total_fen)
    # The payer may go on naming the number that was replaced.
    pay(first, yuan(now.unpaid_fen), "2026-07-14", "P2", JULY)
    assert stand(second).state == "paid"
    (told,) = notices("levy_reissued")
    assert told.params["note"] == "费率登记有误" and "重新核定" in screen_words(told.kind, told.params)
    assert "费率登记有误" not in mail_words(told.kind, told.params)


# What units are told ------------------------------------------------------------------------------


def notices(kind: str) -> list[Notice]:
    with reading() as session:
        return list(session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id)))


def test_issuing_tells_every_unit_once_what_it_owes(issued, wang):
    told = notices("levy_issued")
    assert [one.unit_id for one in told] == [issued.ours.id, issued.theirs.id]
    with reading() as session:
        owed = session.scalars(select(Levy).where(Levy.unit_id == issued.ours.id)).all()
    amount = f"{sum(levy.total_fen for levy in owed) / 100:,.2f}"
    words = screen_words(told[0].kind, told[0].params)
    assert words == f"2026 年 6 月社保费已核定：医疗、工伤、生育共应缴 {amount} 元，6 月 25 日截止"
    page = wang.get("/notices")
    link = page.one("//main//li//a").get("href")
    assert wang.get(link).address == "/levies/notices?month=202606"


def test_the_last_day_and_what_was_missed_are_told_at_their_steps(issued):
    assert tell(date(2026, 6, 19)) == 0
    assert tell(date(2026, 6, 20)) == 2 and tell(date(2026, 6, 21)) == 0
    for levy in _levies(issued.ours.id):
        pay(levy, yuan(levy.total_fen), "2026-06-23", f"P{levy.insurance}", JULY)
    assert tell(date(2026, 6, 24)) == 1
    assert tell(date(2026, 6, 26)) == 1 and tell(date(2026, 7, 9)) == 0 and tell(date(2026, 7, 10)) == 1
    assert {one.unit_id for one in notices("levy_overdue")} == {issued.theirs.id}
    assert tell(date(2026, 12, 31)) == 0


def _levies(unit_id: int) -> list[Levy]:
    return [levy_of(unit_id, insurance) for insurance in ("310", "410", "510")]


def tell(day: date) -> int:
    """What of levies is told on a day."""
    before = count(Notice, Notice.kind.like("levy_%"))
    tell_deadlines(datetime(day.year, day.month, day.day, 9, tzinfo=CHINA))
    return count(Notice, Notice.kind.like("levy_%")) - before
