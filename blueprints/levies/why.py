"""为什么是这个数: each amount with its inputs, their sources, and the formula with the numbers in it."""

from __future__ import annotations
