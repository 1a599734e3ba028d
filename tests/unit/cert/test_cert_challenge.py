"""A challenge is random, speaks for itself, and counts once, soon, and for what it was asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from chains import NOW

from cert.challenge import LIFE, check_challenge, new_challenge
from rules.refusals import Refusal

ORIGIN = "https://hall.example"


def test_challenges_differ_and_say_what_they_are_for():
    first, second = (new_challenge("login", ORIGIN, NOW) for _ in range(2))
    assert first.nonce != second.nonce and len(first.nonce) >= 32
    assert first.text.splitlines() == ["Wangting", "login", ORIGIN, first.nonce.hex(), "2026-06-18T09:03:00Z"]
    assert first.content == first.text.encode("ascii")
    assert first.expires_at - NOW == timedelta(minutes=3)
    assert new_challenge("submit", ORIGIN, NOW, "ab" * 32).text.endswith("\n" + "ab" * 32)


@pytest.mark.parametrize(
    "parts", [("登录", ORIGIN, ""), ("login\nx", ORIGIN, ""), ("login", "https://厅", ""), ("a", "b", "c\r")]
)
def test_challenges_are_lines_of_ascii(parts):
    with pytest.raises(ValueError):
        new_challenge(parts[0], parts[1], NOW, parts[2])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"now": NOW + LIFE}, None),
        ({"now": NOW + LIFE + timedelta(seconds=1)}, "challenge.expired"),
        ({"now": NOW - timedelta(seconds=1)}, "challenge.expired"),
        ({"used_at": NOW}, "challenge.used"),
        ({"purpose": "submit"}, "challenge.foreign"),
        ({"origin": "https://hall.example:8443"}, "challenge.foreign"),
        ({"about": "ab"}, "challenge.foreign"),
        ({"found": None}, "challenge.unknown"),
    ],
)
def test_when_a_challenge_counts(changed, code):
    asked = {
        "found": new_challenge("login", ORIGIN, NOW),
        "purpose": "login",
        "origin": ORIGIN,
        "now": NOW,
    } | changed
    if code is None:
        assert check_challenge(**asked) is asked["found"]
    else:
        with pytest.raises(Refusal) as refused:
            check_challenge(**asked)
        assert refused.value.code == code
