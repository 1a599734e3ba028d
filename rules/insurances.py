"""The three insurances of the counter, and the groups in which one declaration becomes 业务 records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rules.fields import N_
from rules.refusals import Refusal

# Codes of AAE140 in the bureau's own tables.
MEDICAL = "310"
INJURY = "410"
MATERNITY = "510"
ALL = (MEDICAL, INJURY, MATERNITY)
CHOICES = ((MEDICAL, N_("医疗")), (INJURY, N_("工伤")), (MATERNITY, N_("生育")))

GroupCode = Literal["medical", "injury_maternity"]


@dataclass(frozen=True, slots=True)
class Group:
    """Insurances that are declared together and reviewed as one 业务 record."""

    code: GroupCode
    insurances: tuple[str, ...]


# Manual 黑龙江 三(九): three insurances give two 待审核 records, medical alone and the other two together.
GROUPS = (
    Group("medical", (MEDICAL,)),
    Group("injury_maternity", (INJURY, MATERNITY)),
)
_GROUP_OF = {insurance: group for group in GROUPS for insurance in group.insurances}


def group_of(insurance: str) -> Group:
    """The group of an insurance code. Raises ``Refusal`` ``insurance.unknown`` (``value``)."""
    group = _GROUP_OF.get(insurance)
    if group is None:
        raise Refusal("insurance.unknown", "insurance", value=insurance[:10])
    return group


def groups_of(insurances: Iterable[str]) -> list[Group]:
    """The whole groups that hold any of ``insurances``, each once, in the order of ``GROUPS``.

    Raises ``Refusal`` ``insurance.unknown``. Source: manual 黑龙江 三(九).
    """
    found = {group_of(insurance) for insurance in insurances}
    return [group for group in GROUPS if group in found]
