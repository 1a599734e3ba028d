"""人员缴费基数查询: what each person was levied on, month by month, and why."""

from __future__ import annotations
