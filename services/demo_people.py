"""People who do not exist, yet pass every check: the same ones for the same seed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from rules.identity import id_check_digit
from rules.wages import MAX_WAGE_FEN, NOT_DECLARED_BELOW_FEN

YOUNGEST, OLDEST = 22, 59

_PERSON_NO = re.compile(r"[0-9]{10}").fullmatch
_AREA_CODE = re.compile(r"[0-9]{6}").fullmatch

# In the order of their frequency; the first ones are drawn more often.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    ""
)
_DOUBLE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "皇甫")
_GIVEN_MALE = "伟强磊军洋勇杰涛超明刚平辉鹏华飞波斌宇浩凯健俊帆帅旭宁龙林峰建国志文博海东鑫宏"
_GIVEN_FEMALE = "芳娜敏静丽艳娟霞秀英玲燕红梅莉兰洁琳雪慧婷颖倩丹萍晶欣怡佳琪琴云凤蓉璐瑶菲"
# Real names hold them, and encodings and fonts stumble over them: outside GBK, two outside the basic plane.
RARE_CHARACTERS = "䶮㛃𬭊𬬻"

_MONGOLIAN_STEMS = (
    "阿拉坦", "巴雅尔", "朝鲁", "额尔敦", "哈斯", "呼和", "孟和", "那顺", "娜仁", "青格勒", "斯琴",
    "苏日", "苏和", "塔娜", "乌兰", "乌力吉", "乌云", "旭日", "伊德尔", "照日格", "敖登", "宝音", "查干",
)  # fmt: skip
_MONGOLIAN_MALE = ("巴特尔", "巴雅尔", "仓", "夫", "毕力格", "达来", "图", "吉日嘎拉", "苏荣", "布和", "")
_MONGOLIAN_FEMALE = ("其其格", "高娃", "图雅", "花", "格日勒", "娜", "塔娜", "托娅", "其木格", "")
_MONGOLIAN_CLANS = ("孛儿只斤", "乌梁海", "克烈特", "弘吉剌", "塔塔尔", "巴林")

_OTHER_MALE = (
    "阿迪力·买买提", "叶尔兰·努尔别克", "扎西多吉", "旦增罗布", "佟志强", "关海峰", "敖铁山", "鄂世杰",
    "马依布拉", "朴成浩", "哈森别克·托列吾汗", "依力哈木·吐尔逊",
)  # fmt: skip
_OTHER_FEMALE = (
    "古丽娜尔·艾合买提", "阿依努尔·叶尔肯", "卓玛央金", "德吉措姆", "佟雪梅", "那丽华", "敖秀兰", "鄂春玲",
    "马法图麦", "朴美善", "热孜万古丽·阿卜杜热合曼", "孟慧敏",
)  # fmt: skip
_OTHER_PERCENT = 6

_BELOW_PERCENT, _ABOVE_PERCENT = 15, 5


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person of the sample data; ``wage_fen`` has the basis (annual or monthly) that was asked for."""

    person_no: str
    name: str
    id_number: str
    wage_fen: int


def demo_people(
    count: int,
    seed: int,
    area_codes: Sequence[str],
    mongolian_share: int,
    *,
    first_no: str,
    year: int,
    low_fen: int,
    high_fen: int,
) -> Iterator[DemoPerson]:
    """``count`` people numbered upwards from ``first_no`` (10 digits), aged 22 to 59 in ``year``.

    ``mongolian_share`` is a percentage; a few others have names of further minorities. Of the wages,
    about 15 % lie below ``low_fen``, 5 % above ``high_fen`` (floor and cap in the basis wanted), the
    others between, most near the lower end. ID numbers are unique within one call. Raises ``ValueError``
    for arguments out of range, at the first ``next``.
    """
    _check(count, area_codes, mongolian_share, first_no, low_fen, high_fen)
    random = Random(seed)
    taken: set[str] = set()
    han_so_far = 0
    for number in range(int(first_no), int(first_no) + count):
        is_male = random.randrange(2) == 1
        draw = random.randrange(100)
        if draw < mongolian_share:
            name = _mongolian_name(random, is_male)
        elif draw < mongolian_share + (100 - mongolian_share) * _OTHER_PERCENT // 100:
            name = random.choice(_OTHER_MALE if is_male else _OTHER_FEMALE)
        else:
            name = _han_name(random, is_male, _rare_character(han_so_far))
            han_so_far += 1
        yield DemoPerson(
            person_no=f"{number:010d}",
            name=name,
            id_number=_id_number(random, area_codes, is_male, year, taken),
            wage_fen=_wage(random, low_fen, high_fen),
        )


def adjust_total(people: Iterable[DemoPerson], total_fen: int) -> list[DemoPerson]:
    """The same people with wages scaled so that they add up to exactly ``total_fen``.

    Each wage stays declared and possible (1 yuan to 9,999,999.99). Raises ``ValueError`` when no such
    wages exist.
    """
    before = list(people)
    if not NOT_DECLARED_BELOW_FEN * len(before) <= total_fen <= MAX_WAGE_FEN * len(before):
        raise ValueError("no wages of that many people have this total")
    sum_before = sum(person.wage_fen for person in before)
    wages = [
        min(max(person.wage_fen * total_fen // max(sum_before, 1), NOT_DECLARED_BELOW_FEN), MAX_WAGE_FEN)
        for person in before
    ]
    _spread(wages, total_fen - sum(wages))
    return [replace(person, wage_fen=wage) for person, wage in zip(before, wages, strict=True)]


def _spread(wages: list[int], rest: int) -> None:
    """Adds ``rest`` fen, which may be negative, as evenly as the limits of a wage allow."""
    while rest:
        step = 1 if rest > 0 else -1
        limit = MAX_WAGE_FEN if rest > 0 else NOT_DECLARED_BELOW_FEN
        open_ones = [index for index, wage in enumerate(wages) if wage != limit]
        share = max(abs(rest) // len(open_ones), 1)
        for index in open_ones:
            part = min(share, abs(limit - wages[index]), abs(rest))
            wages[index] += step * part
            rest -= step * part


def _check(
    count: int, area_codes: Sequence[str], mongolian_share: int, first_no: str, low_fen: int, high_fen: int
) -> None:
    if not _PERSON_NO(first_no) or int(first_no) + count > 10**10:
        raise ValueError("person numbers have 10 digits")
    if not area_codes or not all(_AREA_CODE(code) for code in area_codes):
        raise ValueError("area codes have 6 digits, and there is at least one")
    if not 0 <= mongolian_share <= 100:
        raise ValueError("a share is 0 to 100 percent")
    if not 2 * NOT_DECLARED_BELOW_FEN < low_fen < high_fen < MAX_WAGE_FEN:
        raise ValueError("low and high are possible wages, low the smaller")


def _mongolian_name(random: Random, is_male: bool) -> str:
    stem = random.choice(_MONGOLIAN_STEMS)
    ending = random.choice(_MONGOLIAN_MALE if is_male else _MONGOLIAN_FEMALE)
    name = stem if ending == stem else stem + ending
    draw = random.randrange(12)
    if draw == 0:
        # 10 characters and more, with the interpunct: the ones that break columns and narrow checks.
        return f"{random.choice(_MONGOLIAN_CLANS)}·{random.choice(_MONGOLIAN_STEMS)}{name}"
    if draw == 1:
        return f"{random.choice(_MONGOLIAN_STEMS)}·{name}"
    return name


def _rare_character(han_so_far: int) -> str:
    """A rare character for early and then for few Han names, so that a list of 72 shows each of them."""
    if han_so_far < 44:
        return RARE_CHARACTERS[han_so_far // 11] if han_so_far % 11 == 3 else ""
    return RARE_CHARACTERS[han_so_far // 97 % 4] if han_so_far % 97 == 0 else ""


def _han_name(random: Random, is_male: bool, rare: str) -> str:
    given = _GIVEN_MALE if is_male else _GIVEN_FEMALE
    if random.randrange(80) == 0:
        surname = random.choice(_DOUBLE_SURNAMES)
    else:
        surname = _SURNAMES[min(random.randrange(len(_SURNAMES)), random.randrange(len(_SURNAMES)))]
    first = rare or random.choice(given)
    return surname + first + (random.choice(given) if random.randrange(5) else "")


def _id_number(random: Random, area_codes: Sequence[str], is_male: bool, year: int, taken: set[str]) -> str:
    first_day = date(year - OLDEST, 1, 1)
    days = (date(year - YOUNGEST, 12, 31) - first_day).days + 1
    # 499 or 500 sequence numbers for every area, day and sex: a few tries are always enough in practice.
    for _ in range(1000):
        born = first_day + timedelta(days=random.randrange(days))
        sequence = 2 * random.randrange(1, 500) + (1 if is_male else 0)
        first17 = f"{random.choice(area_codes)}{born:%Y%m%d}{sequence:03d}"
        if first17 not in taken:
            taken.add(first17)
            return first17 + id_check_digit(first17)
    raise ValueError("too many people for so few area codes")


def _wage(random: Random, low_fen: int, high_fen: int) -> int:
    draw = random.randrange(100)
    if draw < _BELOW_PERCENT:
        return random.randrange(low_fen // 2, low_fen)
    if draw < _BELOW_PERCENT + _ABOVE_PERCENT:
        return random.randrange(high_fen + 1, min(high_fen + high_fen // 2, MAX_WAGE_FEN) + 1)
    span = high_fen - low_fen + 1
    # The smallest of three draws crowds towards the floor, as wages do.
    return low_fen + min(random.randrange(span), random.randrange(span), random.randrange(span))
