"""征集: start a month's run, watch it, read what it came to, issue it; 重新核定 of one unit."""

from __future__ import annotations
