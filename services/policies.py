"""What a region asks of a sign-in before anything is changed, before 申报, and whether 申报 is signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from models import audit
from models.db import reading, transaction
from models.region import Region
from rules.refusals import Refusal

FACTORS = ("ca", "password", "licence")
"""CA 登录, 账户密码登录, 营业执照登录: the ways in, as ``LoginSession.factors`` names them."""


@dataclass(frozen=True)
class Policy:
    """A region's policy as ``models.region.Region`` keeps it; factors with spaces between."""

    write_needs: str
    submit_needs: str
    signs_submission: bool
    needs_opening: bool


def find_policy(region_code: str) -> Policy:
    """The present policy; raises ``Refusal`` ``policy.no_region``."""
    with reading() as session:
        return _policy_of(_known(session.get(Region, region_code), region_code))


def set_policy(
    region_code: str,
    write_needs: str,
    submit_needs: str,
    signs_submission: bool,
    needs_opening: bool,
    now: datetime,
) -> Policy:
    """Replace a region's policy; it counts from the next click of everybody, signed in or not.

    Factors are put in the order of ``FACTORS``, each once. Raises ``Refusal`` ``policy.no_region``,
    ``policy.unknown_factor`` with the ``value`` that is none.
    """
    wanted = Policy(_ordered(write_needs), _ordered(submit_needs), signs_submission, needs_opening)
    with transaction() as session:
        region = _known(session.get(Region, region_code, with_for_update=True), region_code)
        before = _policy_of(region)
        for name, value in asdict(wanted).items():
            setattr(region, name, value)
        session.add(region)
        if wanted != before:
            audit.record(
                session,
                None,
                "policy_set",
                "region",
                None,
                now,
                before={"region": region_code, **asdict(before)},
                after={"region": region_code, **asdict(wanted)},
            )
    return wanted


def _known(region: Region | None, code: str) -> Region:
    if region is None:
        raise Refusal("policy.no_region", value=code)
    return region


def _policy_of(region: Region) -> Policy:
    return Policy(region.write_needs, region.submit_needs, region.signs_submission, region.needs_opening)


def _ordered(needs: str) -> str:
    asked = needs.split()
    for factor in asked:
        if factor not in FACTORS:
            raise Refusal("policy.unknown_factor", value=factor)
    return " ".join(factor for factor in FACTORS if factor in asked)
