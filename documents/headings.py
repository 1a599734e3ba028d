"""The words that payroll systems, spreadsheets and bureaus put above a column, and what each means here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

ROLES = ("seq", "person_no", "name", "id_number", "old_wage", "wage")
"""What a column can be, in the order of the six cells everywhere."""

PERSON = ("person_no", "name", "id_number")
"""The roles by which a person is found."""

STRONG = 100
"""A heading of this weight or more says it all; a lighter one only lets us guess."""


LAST_WAGE = "last_wage"
"""Last year's average or total: what many units declare this year, or only the former wage."""


class Meaning(NamedTuple):
    """The role a heading names, or ``LAST_WAGE``, and with what weight among others that name the same."""

    role: str
    weight: int


class Basis(NamedTuple):
    """What headings and titles say of the amounts: "monthly", "annual" or "", and yuan in one unit (1, 1000, 10000)."""

    span: str
    unit: int


_BLANK = re.compile(r"[\s\u200b\ufeff]+")
_BRACKETS = re.compile(r"[(\[{【〔<《「][^)\]}】〕>》」]*[)\]}】〕>》」]")
_EDGE = "*:：、.。·_-/|'\""
_UNIT = re.compile(r"(?:单位[:：]?)?(?:人民币)?[十百千万]?元(?:/?(?:人|月|年))*$")
_YEAR = re.compile(r"(?:19|20)\d\d(?:年度|年)?|\d{1,2}月份?")

_WHO = r"(?:职工|员工|人员|参保人员?|参保职工|参保|个人|本人|被保险人)?"
_NUMBER = r"(?:编号|编码|代码|账号|帐号|账户|号码|号)"
_FUND = r"(?:社保|医保|社会保险|医疗保险|基本医疗保险|工伤保险|养老保险|保险|统筹)"
_SEQ = re.compile(r"序号|序|顺序号|行号|排序|no|#|№")
_NAME = re.compile(rf"{_WHO}(?:中文)?(?:姓名|名字)|参保人员?|人员名称")
_ID = re.compile(
    rf"{_WHO}(?:居民|公民|有效)?(?:身份证件?|身份|证件|证照)(?:号码|编号|号)|{_WHO}(?:居民)?身份证"
    rf"|{_WHO}社会保障号码?|id(?:号码?|card|no|number)?"
)
_PERSON_NO = re.compile(
    rf"(?:个人|人员|参保人员?|参保个人){_NUMBER}|(?:个人)?{_FUND}(?:个人)?{_NUMBER}|(?:社保)?电脑号|人员id|参保号"
)
_OWN_NO = re.compile(rf"(?:职工|员工|工作|人事)(?:人员)?{_NUMBER}|工号|编号|编码")

_PAY = r"(?:工资|薪资|薪酬|薪金|薪水|薪|收入|报酬)"
_SUM = r"(?:合计|总额|总计|总数|总和|额|数|金额|收入)?"
_LAST = r"(?P<last>原|旧|上年度?|上一年度?|去年度?|上次|上期|往年|历史|调整前|变更前|调前|以前年度)"
_NOW = r"(?P<now>现|新|本年度?|本次|当年度?|今年度?|拟|调整后|变更后|调后|新年度)"
_DECLARED = r"(?P<declared>申报|缴费|上报)"
_PAID = r"(?P<paid>应发|实发|应付|应得|税前|税后|发放|到手|实领)"
_MEAN = r"(?P<mean>月平均|月均|年平均|年均|平均|人均|总|全部)"
_SPAN = r"年度|全年|全月|月度|本月|当月|年|月|份|个人|职工|员工|基数|的|度|每"
_ANY = rf"(?:{_LAST}|{_NOW}|{_DECLARED}|{_PAID}|{_MEAN}|{_SPAN})"
_WAGE = re.compile(rf"{_ANY}*{_PAY}{_SUM}")
_PAID_SUM = re.compile(rf"(?:本月|当月|全年|年|月)?{_PAID}(?:合计|总额|总计|数|额|金额|小计)?")
_BASE = re.compile(
    rf"(?:{_LAST}|{_NOW}|{_DECLARED}|{_MEAN}|{_SPAN}|{_FUND}|医疗|工伤|生育|养老|失业|核定|工资|单位)*基数(?:合计|额|金额)?"
)

_DATE = re.compile(r"\d{1,2}月\d{1,2}日")
_WHICH_YEAR = re.compile(r"(?:19|20)\d\d年度?|本年度?|上一?年度?|去年度?|当年度?|今年度?|新年度?|往年")
_MONTHLY_TITLE = re.compile(r"月(?:份|度)?[^日]{0,8}?(?:工资|薪|收入|基数)|月均|月平均|/月|每月")
_ANNUAL_TITLE = re.compile(r"全年|年总|年收入|年薪|年工资|/年")
_UNIT_IN_TITLE = re.compile(r"(?:单位|金额|计量)[^,;，；]{0,6}?([千万])元|\([^)]*([千万])元[^)]*\)")
_TOTALS = ("合计", "总计", "小计", "共计")
_UNITS = {"千": 1000, "万": 10_000}


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A heading in one spelling: NFKC, small letters, no blanks. What stands in brackets is kept."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold()


def is_total(text: str) -> bool:
    """Whether a cell says that its line sums up others."""
    word = plain(text).rstrip(":")
    return word.startswith(_TOTALS) or word.endswith(_TOTALS)


@lru_cache(maxsize=4096)
def meaning(heading: str) -> Meaning | None:
    """What a heading names, None if it is nothing that a wage file needs."""
    text = plain(heading)
    if not text or len(text) > 40:
        return None
    bare = _BRACKETS.sub("", text).strip(_EDGE) or text.strip("()[]{}【】〔〕<>《》「」" + _EDGE)
    text = _UNIT.sub("", bare).strip(_EDGE)
    for role, form in (("seq", _SEQ), ("name", _NAME), ("id_number", _ID), ("person_no", _PERSON_NO)):
        if form.fullmatch(text):
            return Meaning(role, STRONG)
    if _OWN_NO.fullmatch(text):
        return Meaning("person_no", 1)
    return _wage_meaning(_YEAR.sub("", text))


def _wage_meaning(text: str) -> Meaning | None:
    """Wages: what names the one to be declared is strong; what a payroll has anyway is weighed."""
    if found := _WAGE.fullmatch(text):
        words = found.groupdict()
        if words["last"]:
            return Meaning(LAST_WAGE, 50) if _is_sum(text) else Meaning("old_wage", STRONG)
        if words["paid"]:
            return Meaning("wage", 20 if text.startswith(("实", "到", "税后")) else 40)
        if words["declared"] or words["now"]:
            is_base = "基数" in text and not text.endswith("基数工资")
            return Meaning("wage", 45 if is_base else STRONG)
        return Meaning("wage", 50 if words["mean"] or _is_sum(text) else 30)
    if found := _BASE.fullmatch(text):
        return Meaning("old_wage", STRONG) if found["last"] else Meaning("wage", 45)
    if found := _PAID_SUM.fullmatch(text):
        return Meaning("wage", 20 if text.startswith(("实", "到", "税后")) else 40)
    return None


def _is_sum(text: str) -> bool:
    return any(word in text for word in ("平均", "均", "总额", "总计", "合计"))


def basis(headings: Iterable[str], titles: Iterable[str]) -> Basis:
    """What the headings over the wages and the title lines say of span and unit; the headings come first."""
    span, unit = "", 1
    for heading in headings:
        text = _WHICH_YEAR.sub("", _DATE.sub("", plain(heading)))
        span = span or ("monthly" if "月" in text else "annual" if "年" in text else "")
        unit = max(unit, *(_UNITS[sign] for sign in _UNITS if sign + "元" in text), 1)
    for title in titles:
        text = _DATE.sub("", plain(title))
        if not span:
            bare = _WHICH_YEAR.sub("", text)
            span = (
                "monthly" if _MONTHLY_TITLE.search(bare) else "annual" if _ANNUAL_TITLE.search(bare) else ""
            )
        if unit == 1 and (said := _UNIT_IN_TITLE.search(text)):
            unit = _UNITS[said[1] or said[2]]
    return Basis(span, unit)
