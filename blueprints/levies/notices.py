"""缴费通知单打印 and 应缴核定表: a month on paper."""

from __future__ import annotations
