"""参数: dated parameters, a change entered by one person and released by another."""

from __future__ import annotations
