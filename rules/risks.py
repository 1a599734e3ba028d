"""What speaks for a closer look at a request: each flag says its figures, and none comes from a score.

A flag never decides anything: its reader does. Shares and changes are in permille, amounts in fen, all of them
integers. From which figure on a flag is raised stands in ``LIMITS``; a region may set its own (``read_limits``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from rules.money import divide_half_up
from rules.wages import change_permille

LIMITS_NAME = "risk_limits"
"""The dated parameter of a region that holds what differs from ``LIMITS``."""

LIMITS: Mapping[str, tuple[int, ...]] = {
    "total": (200, 400, 600),
    "changed": (0, 100, 300),
    "median": (150, 300, 500),
    "peers": (250, 400, 600),
    "below": (100, 300, 600),
    "round": (500, 900),
    "same": (300, 600, 900),
    "note": (500,),
    "left": (50, 200, 500),
    "heads": (50, 200, 400),
    "late": (0, 30, 90),
    "backdated": (60, 180, 365),
    "leaving": (100, 300, 500),
    "at_floor": (500, 900),
    "price": (100, 300, 500),
    "few": (10,),
    "peer_units": (5,),
}
"""From which figure on a flag has severity 1, 2 and 3: permille of people or amounts, days for what is late.

``few``: of fewer people no share is told. ``peer_units``: fewer units are no measure. These are the hall's own choice;
the change of a single wage that asks for an explanation is ``rules.wages.CHANGE_TO_EXPLAIN_PERMILLE``.
"""

WHOLE_THOUSAND_FEN = 100_000

Limits = Mapping[str, tuple[int, ...]]
Figure = int | str


@dataclass(frozen=True, slots=True)
class Flag:
    """A reason to look closer: severity 1 (to know), 2 (to check), 3 (to settle first), and its figures.

    Figures named ``…_fen`` are amounts, ``permille`` is a share or a signed change. ``show`` is the filter of the
    review page that finds the rows it is about, "" where it is about none.
    """

    code: str
    severity: int
    figures: dict[str, Figure] = field(default_factory=dict)
    show: str = ""


class Declared(NamedTuple):
    """One person's declared wage in fen of the declaration's basis, and the 变动说明 beside it."""

    wage_fen: int
    note: str


@dataclass(frozen=True, slots=True)
class WageFacts:
    """What is known of a wage declaration; all wages in fen of one basis.

    ``left``: people on the list who are not declared; ``before``: last year's wages of the unit; ``peers``: the
    average wage of each other unit of its kind; ``heads``: people insured through the unit, by 险种; ``fewest`` is that
    of this declaration's 险种 with the fewest. ``days_late``: days after the window closed, 0 if in time.
    """

    declared: Sequence[Declared]
    changed: int
    silent: int
    below: int
    left: int
    before: Sequence[int] = ()
    peers: Sequence[int] = ()
    heads: Mapping[str, int] = field(default_factory=dict)
    fewest: str = ""
    days_late: int = 0


class Line(NamedTuple):
    """What of a person's line matters here; days before the request, the monthly wage and the region's floor in fen."""

    days_before: int = 0
    is_over_age: bool = False
    wage_fen: int | None = None
    floor_fen: int | None = None


def read_limits(own: Mapping[str, Any] | None) -> Limits:
    """``LIMITS`` with a region's own in their place; names that are unknown and values that are none are passed over."""
    found = dict(LIMITS)
    for name, steps in (own or {}).items():
        if name in LIMITS and isinstance(steps, list) and steps and all(type(one) is int for one in steps):
            found[name] = tuple(steps)
    return found


def level(flags: Iterable[Flag]) -> int:
    """The highest severity of some flags, 0 where there is none."""
    return max((flag.severity for flag in flags), default=0)


def median_fen(wages: Sequence[int]) -> int | None:
    """The middle wage, half-up between the two middle ones of an even number; None of none."""
    if not wages:
        return None
    ordered = sorted(wages)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return divide_half_up(ordered[middle - 1] + ordered[middle], 2)


def most_common(values: Iterable[Any]) -> tuple[Any, int]:
    """The value that most share, the smallest of several, and how many share it; (None, 0) of none."""
    counted = Counter(values)
    if not counted:
        return None, 0
    most = max(counted.values())
    return min(value for value, count in counted.items() if count == most), most


def wage_flags(facts: WageFacts, limits: Limits = LIMITS) -> list[Flag]:
    """Everything that speaks for a closer look at a wage declaration, the gravest first."""
    found = [
        *_against_last_year(facts, limits),
        *_against_peers(facts, limits),
        *_of_people(facts, limits),
        *_of_patterns(facts, limits),
        *_of_lists(facts, limits),
    ]
    return sorted(found, key=lambda flag: (-flag.severity, flag.code))


def joining_flags(lines: Sequence[Line], limits: Limits = LIMITS) -> list[Flag]:
    """Of 人员新增: cover that begins long ago, people over retirement age, many with no more than the floor."""
    found = _late_lines("risk.backdated", lines, limits)
    if over := sum(line.is_over_age for line in lines):
        found.append(Flag("risk.over_age", 2, {"people": over}))
    low = [line for line in lines if line.wage_fen is not None and line.wage_fen <= (line.floor_fen or -1)]
    if len(low) >= limits["few"][0]:
        floor = max(line.floor_fen or 0 for line in low)
        found += _share("risk.at_floor", len(low), len(lines), limits["at_floor"], floor_fen=floor)
    return found


def leaving_flags(lines: Sequence[Line], insured: int, limits: Limits = LIMITS) -> list[Flag]:
    """Of 人员减少: many of the ``insured`` at once, or told of long after their last day."""
    found = _late_lines("risk.left_long_ago", lines, limits)
    if len(lines) >= limits["few"][0]:
        found += _share("risk.many_leave", len(lines), insured, limits["leaving"])
    return found


def price_flags(before_fen: int, now_fen: int, limits: Limits = LIMITS) -> list[Flag]:
    """Of 造价变更: a contract that becomes cheaper, and so owes less."""
    change = change_permille(before_fen, now_fen) or 0
    return _flag(
        "risk.price_cut",
        -change,
        limits["price"],
        {"before_fen": before_fen, "now_fen": now_fen, "permille": change},
    )


def start_flags(starts_on: date, asked_on: date) -> list[Flag]:
    """Of 项目参保登记: work that begins before anybody is insured (人社部发〔2014〕103号: before 开工)."""
    days = (asked_on - starts_on).days
    return [Flag("risk.started", 2, {"days": days})] if days > 0 else []


def account_flags(before: str, now: str) -> list[Flag]:
    """Of 单位信息变更: another bank account, where money is paid back to."""
    return [Flag("risk.account", 2, {"tail": now[-4:]})] if now and now != before else []


def _against_last_year(facts: WageFacts, limits: Limits) -> list[Flag]:
    before, now = sum(facts.before), sum(one.wage_fen for one in facts.declared)
    found = _change("risk.total_changed", before, now, limits["total"])
    if min(len(facts.before), len(facts.declared)) >= limits["few"][0]:
        old, new = median_fen(facts.before), median_fen([one.wage_fen for one in facts.declared])
        found += _change("risk.median_changed", old or 0, new or 0, limits["median"])
    return found


def _against_peers(facts: WageFacts, limits: Limits) -> list[Flag]:
    if not facts.declared or len(facts.peers) < limits["peer_units"][0]:
        return []
    own = divide_half_up(sum(one.wage_fen for one in facts.declared), len(facts.declared))
    usual = median_fen(facts.peers) or 0
    # Wages above those of the trade only raise what is owed: worth knowing, no more.
    is_above = own > usual
    steps = limits["peers"][:1] if is_above else limits["peers"]
    code = "risk.above_peers" if is_above else "risk.below_peers"
    return [
        Flag(flag.code, flag.severity, {**flag.figures, "units": len(facts.peers)})
        for flag in _change(code, usual, own, steps)
    ]


def _of_people(facts: WageFacts, limits: Limits) -> list[Flag]:
    people = len(facts.declared)
    found = [Flag("risk.silent", 3, {"people": facts.silent}, "silent")] if facts.silent else []
    found += _share("risk.changed", facts.changed, people, limits["changed"], "changed")
    found += _share("risk.below_floor", facts.below, people, limits["below"], "below")
    return found + _share("risk.left", facts.left, people + facts.left, limits["left"], "left")


def _of_patterns(facts: WageFacts, limits: Limits) -> list[Flag]:
    """What payroll seldom brings forth by itself: round amounts, one amount or one sentence for many."""
    few, people = limits["few"][0], len(facts.declared)
    found: list[Flag] = []
    even = sum(one.wage_fen % WHOLE_THOUSAND_FEN == 0 for one in facts.declared)
    if even >= few:
        found += _share("risk.round", even, people, limits["round"], "round")
    wage, same = most_common(one.wage_fen for one in facts.declared)
    if same >= few:
        found += _share("risk.same_wage", same, people, limits["same"], "same", wage_fen=wage)
    notes = [one.note for one in facts.declared if one.note]
    note, alike = most_common(notes)
    if alike >= few:
        found += _share("risk.same_note", alike, len(notes), limits["note"], "alike", note=note)
    return found


def _of_lists(facts: WageFacts, limits: Limits) -> list[Flag]:
    found: list[Flag] = []
    if facts.days_late > 0:
        found += _flag("risk.late", facts.days_late, limits["late"], {"days": facts.days_late})
    if facts.fewest and len(facts.heads) > 1:
        most = max(sorted(facts.heads), key=facts.heads.__getitem__)
        people, of = facts.heads.get(facts.fewest, 0), facts.heads[most]
        words: dict[str, Figure] = {"insurance": facts.fewest, "others": most, "people": people, "of": of}
        if of > people:
            found += _flag("risk.heads", (of - people) * 1000 // of, limits["heads"], words)
    return found


def _late_lines(code: str, lines: Sequence[Line], limits: Limits) -> list[Flag]:
    steps = limits["backdated"]
    late = [line.days_before for line in lines if line.days_before >= steps[0]]
    return _flag(code, max(late), steps, {"people": len(late), "days": max(late)}) if late else []


def _change(code: str, before_fen: int, now_fen: int, steps: tuple[int, ...]) -> list[Flag]:
    change = change_permille(before_fen, now_fen)
    if change is None:
        return []
    return _flag(code, abs(change), steps, {"before_fen": before_fen, "now_fen": now_fen, "permille": change})


def _share(
    code: str, people: int, of: int, steps: tuple[int, ...], show: str = "", **figures: Figure
) -> list[Flag]:
    if not people or not of:
        return []
    share = divide_half_up(people * 1000, of)
    return _flag(
        code, people * 1000 // of, steps, {"people": people, "of": of, "permille": share, **figures}, show
    )


def _flag(
    code: str, measure: int, steps: tuple[int, ...], figures: Mapping[str, Figure], show: str = ""
) -> list[Flag]:
    severity = sum(measure >= step for step in steps[:3])
    return [Flag(code, severity, dict(figures), show)] if severity else []
