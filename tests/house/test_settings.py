"""Each setting is read from one variable, documented under that name, and refused by name when it is nonsense."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import settings
from settings import Settings, load, secret_key, variable

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
NAMES = {variable(field.name) for field in fields(Settings)}


def test_every_setting_is_documented_and_no_other_is():
    documented = set(re.findall(r"\b(?:WANGTING_[A-Z_]+|PORT)\b", DOCUMENT.read_text("utf-8")))
    assert documented == NAMES


def test_every_default_is_documented_beside_its_name():
    lines = DOCUMENT.read_text("utf-8").splitlines()
    for field in fields(Settings):
        line = next(line for line in lines if re.search(rf"\b{variable(field.name)}\b", line))
        shown = str(field.default)
        if isinstance(field.default, bool):
            shown = "yes" if field.default else "no"
        assert shown.replace(" ", "") in line.replace(",", "").replace(" ", ""), (field.name, line)


def test_settings_come_from_the_environment():
    found = load({"PORT": "81", "WANGTING_DEMO": "no", "WANGTING_DATA": "/x", "WANGTING_IDLE_MINUTES": " 5 "})
    assert (found.port, found.demo, found.data, found.idle_minutes) == (81, False, Path("/x"), 5)
    assert load({}) == Settings()
    assert load({"WANGTING_HOST": "  "}).host == Settings().host


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("WANGTING_DEMO", "maybe")])
def test_a_setting_that_cannot_be_read_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        load({name: value})


def test_the_environment_is_read_in_one_file_only():
    root = Path(settings.__file__).parent
    folders = (
        "blueprints",
        "models",
        "rules",
        "services",
        "documents",
        "jobs",
        "cert",
        "deploy",
        "translations",
    )
    readers = [
        path
        for folder in folders
        for path in (root / folder).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text("utf-8"))
    ]
    assert readers == []


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path):
    first = secret_key(Settings(data=tmp_path / "d"))
    assert len(first) == 64
    assert secret_key(Settings(data=tmp_path / "d")) == first
    assert (tmp_path / "d" / "secret.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["secret.key"]
    assert secret_key(Settings(data=tmp_path, secret_key="given")) == "given"
