"""The one way of every 业务: its kinds, its states, and which step leads where.

Source: first manual 3.3 and 3.4 (保存, 提交, 审核, 人员业务查询); manual 黑龙江 三(九) for 提交中 and 提交失败.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["draft", "submitting", "pending", "approved", "refused", "returned", "failed", "cancelled"]
Step = Literal["submit", "hand_over", "fail", "withdraw", "cancel", "approve", "refuse", "return"]

STATES: tuple[State, ...] = (
    "draft",
    "submitting",
    "pending",
    "approved",
    "refused",
    "returned",
    "failed",
    "cancelled",
)
WAGES = "wages"
"""The kind that is handed over in the background and never a draft: the declaration itself is that."""
PEOPLE = ("person_in", "person_out", "person_change")
UNITS = ("unit_contact", "unit_change", "unit_join")
PROJECTS = (
    "project_in",
    "project_change",
    "project_extend",
    "project_price",
    "project_end",
    "project_roster",
)
LEVIES = ("levy_difference",)
KINDS = (WAGES, *PEOPLE, *UNITS, *PROJECTS, *LEVIES)


class Way(NamedTuple):
    """A step: from which state to which."""

    step: Step
    before: State
    after: State


# A wage declaration that came back is declared again as a new record; the old one stays as it was.
WAGE_WAYS = (
    Way("hand_over", "submitting", "pending"),
    Way("fail", "submitting", "failed"),
    Way("approve", "pending", "approved"),
    Way("return", "pending", "returned"),
)
OTHER_WAYS = (
    Way("submit", "draft", "pending"),
    Way("submit", "returned", "pending"),
    Way("withdraw", "pending", "draft"),
    Way("cancel", "draft", "cancelled"),
    Way("cancel", "returned", "cancelled"),
    Way("approve", "pending", "approved"),
    Way("refuse", "pending", "refused"),
    Way("return", "pending", "returned"),
)
FIRST: dict[bool, State] = {True: "submitting", False: "draft"}
"""The state in which a record is made, by whether it is of a wage declaration."""


def ways_of(kind: str) -> tuple[Way, ...]:
    """Every step that a kind knows."""
    return WAGE_WAYS if kind == WAGES else OTHER_WAYS


def after(kind: str, state: str, step: Step) -> State | None:
    """The state that a step leads to, or None where it is not allowed."""
    return next((way.after for way in ways_of(kind) if (way.step, way.before) == (step, state)), None)


OPEN: tuple[State, ...] = ("draft", "pending", "returned")
"""The states of what is still being asked for; a wage declaration's hand-over is the hall's own doing."""


def is_editable(state: str) -> bool:
    """Whether the unit may change what it asks for: a draft, or what came back."""
    return state in ("draft", "returned")
