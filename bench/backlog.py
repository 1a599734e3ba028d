"""A bureau with a great many requests, filled by plain SQL; run by ``inside``."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from models import db
from models.account import Actor
from models.unit import Unit

SMALL_UNIT, FEW = "23009998", 60
_FILL = text("""
INSERT INTO filing (receipt_no, kind, unit_id, region_code, group_code, insurances, year, title, state, people,
    wage_total_fen, is_late, reason, version, submitter_name, submitted_at, risk, risk_level)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :requests)
SELECT printf('BENCH-%08d', n),
    CASE n / 16 % 4 WHEN 0 THEN 'person_in' WHEN 1 THEN 'person_out' WHEN 2 THEN 'person_change' ELSE 'unit_contact' END,
    :unit, :region, '', '', 2026, '某人' || n, 'draft', 1, 0, 0, '', 1, '测试员',
    strftime('%Y-%m-%d %H:%M:%f000', :newest, '-' || n || ' minutes'), '[]', max(0, n / 2 % 8 - 4)
FROM number
""")


def fill_queue(reviewer: Actor, requests: int, now: datetime) -> None:
    """Half of the requests wait, over four kinds and four levels of risk, a minute apart; the others are decided.

    Sixty of those that wait are of a small unit, the reviewer has sixty in hand; both are spread over the whole queue.
    """
    with db.transaction(is_large=True) as session:
        unit = session.connection().execute(text("SELECT min(id) FROM unit")).scalar_one()
        small = Unit(
            region_code=reviewer.region_code, unit_no=SMALL_UNIT, name="小单位", uscc="91230000MA1999998K"
        )
        session.add(small)
        session.flush()
        step = requests // FEW // 2 * 2
        values = {
            "requests": requests,
            "unit": unit,
            "region": reviewer.region_code,
            "newest": (now - timedelta(days=10)).strftime("%Y-%m-%d %H:%M:%S"),
            "small": small.id,
            "step": step,
            "reviewer": reviewer.account_id,
            "until": (now + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.000000"),
        }
        for statement in (
            _FILL,
            text("UPDATE filing SET state = 'pending'"),
            text(
                "UPDATE filing SET state = 'approved', decided_by = :reviewer, decided_at = submitted_at WHERE id % 2"
            ),
            text("UPDATE filing SET unit_id = :small WHERE id % :step = 0"),
            text("UPDATE filing SET taken_by = :reviewer, taken_until = :until WHERE id % :step = 2"),
        ):
            session.connection().execute(statement, values)
