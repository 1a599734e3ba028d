"""Every code that a rule, a service or a document can raise has one sentence, and the sentence can be said."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from blueprints.shared.sentences import SENTENCES, say
from rules import wages

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z_]+\.[a-z_0-9]+")
FOLDERS = ("rules", "services", "documents", "jobs", "blueprints", "models", "cert")
FILES = [
    ROOT / "app.py",
    *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")),
]
ROOMS = {code.split(".")[0] for code in SENTENCES}


def raised(path: Path) -> list[tuple[str, set[str]]]:
    """(code, names of its parameters) of each ``Refusal(…)``, ``Conflict(…)`` and ``_refusal(…)`` in a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name not in ("Refusal", "Conflict", "_refusal"):
            continue
        if not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        params = {keyword.arg for keyword in node.keywords if keyword.arg}
        if name == "_refusal":
            params |= {"label", "value"}
        found.append((node.args[0].value, params))
    return found


def mentioned(path: Path) -> set[str]:
    """Every string literal of a file that looks like a code of a known room, wherever it stands."""
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
        and node.value.split(".")[0] in ROOMS
    }


PROGRAMS = ("cert.agent", "cert.demo")
ENDPOINT_ROOMS = ("filings.", "home.", "auth.", "bureau.", "wages.")


def test_every_raised_code_has_its_sentence():
    codes = {code for path in FILES for code, _ in raised(path)}
    assert len(codes) > 50
    assert codes - SENTENCES.keys() == set()


def test_every_code_kept_as_data_has_its_sentence():
    codes = {code for path in FILES for code in mentioned(path)} | set(wages._CODES.values())
    codes = {
        code
        for code in codes
        if not code.startswith((*ENDPOINT_ROOMS, *PROGRAMS))
        and not code.endswith((".id", ".html", ".py", ".txt", ".json"))
    }
    assert {"job.gave_up", "wage.changed_much", "line.duplicate", "submit.no_backup"} <= codes
    assert codes - SENTENCES.keys() == set()


def test_no_sentence_waits_for_a_code_that_nobody_raises():
    known = {code for path in FILES if path.name != "sentences.py" for code in mentioned(path)}
    known |= {"login.wrong_left"} | set(wages._CODES.values())
    assert SENTENCES.keys() - known == set()


@pytest.mark.parametrize(
    "path", [path for path in FILES if raised(path)], ids=lambda path: str(path.relative_to(ROOT))
)
def test_each_sentence_can_be_said_with_the_values_it_is_raised_with(path):
    for code, params in raised(path):
        if code in wages._CODES.values() or not CODE.fullmatch(code):
            continue
        said = say(
            code, {name: EXAMPLES.get(name, "某值") for name in params} | PUT_IN_BY_VIEWS.get(code, {})
        )
        assert said and "%(" not in said, code
        assert re.search(r"[。？！]$", said), f"{code} is no whole sentence: {said}"


EXAMPLES: dict[str, object] = {
    "state": "open",
    "insurances": ["310"],
    "fen": 100,
    "size": 10,
    "limit": 5,
    "value": "310 410",
    "right": "entry",
}
# The moment of a conflict is put into words where the clock is known.
PUT_IN_BY_VIEWS: dict[str, dict[str, object]] = {
    "row.changed": {"time": "09:00"},
    "head.other_basis": {"value": "annual"},
}


def test_wage_codes_can_be_said_of_what_was_typed():
    for code in {*wages._CODES.values()}:
        said = say(code, {"value": "五千", "suggestion": None, "max_fen": 1})
        assert "五千" in said


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("job.gave_up", {"attempts": 3}),
        ("wage.changed_much", {"old": "60000.00", "permille": 400, "value": "9"}),
        ("line.unknown_person", {"value": "9"}),
        ("line.duplicate", {"first": 3, "value": "9"}),
        ("line.name_differs", {"name": "王", "value": "李"}),
        ("line.old_wage_changed", {"old": "60000.00", "value": "9"}),
        ("upload.rows_changed", {"count": 3}),
        ("login.wrong", {"left": 3}),
    ],
)
def test_codes_kept_with_jobs_and_lines_can_be_said(code, params):
    assert "%(" not in say(code, params)


def test_no_code_is_shown_to_a_reader():
    assert not [text for text in SENTENCES.values() if CODE.search(text.replace("0.00", ""))]
