"""Every template compiles, is used, and speaks only through gettext; so do the Python files that speak."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment

from documents.form_pdf import _templates as forms
from rules.filing_states import KINDS

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "documents/forms").glob("*.html"))
CHINESE = re.compile("[\u3400-\u9fff]")
# Protocol words of files, not words to a reader; and made-up people.
EXEMPT = {
    "documents/wage_file.py",
    "documents/headings.py",  # the words above columns
    "rules/column_names.py",  # the words above columns, too
    "rules/capital_amounts.py",  # numerals as notes and receipts have them
    "rules/money.py",  # reads amounts as people type them, numerals and unit words
    "services/demo.py",
    "services/demo_people.py",
    "services/demo_levies.py",
    "services/demo_projects.py",
    "services/demo_requests.py",
}
# Words that are kept as data: columns of the wage file, a name in the audit trail, what is typed after a number.
KEPT = {
    "services/uploads.py": {"个人编号", "姓名", "原工资", "现工资"},
    "models/audit.py": {"系统"},
    "rules/fields.py": {"人"},
}
SPEAKING = sorted(
    path
    for folder in ("blueprints", "services", "documents", "rules", "models", "jobs", "cert/agent")
    for path in (ROOT / folder).rglob("*.py")
    if str(path.relative_to(ROOT)) not in EXEMPT
)
GETTEXT = {"_", "N_", "gettext", "ngettext"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_compiles(path, built):
    app, _clock, _jobs = built
    environment = forms() if "forms" in path.parts else app.jinja_env
    environment.compile(path.read_text("utf-8"), name(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_says_chinese_only_through_gettext(path):
    assert spoken_directly(path.read_text("utf-8")) == []


def spoken_directly(source: str) -> list[tuple[int, str]]:
    """Chinese in a template's own text, or in a string that is no argument of ``_``."""
    found = []
    tokens = [token for token in Environment().lex(source) if token[1] != "whitespace"]
    for place, (line, kind, value) in enumerate(tokens):
        if not CHINESE.search(value) or kind.startswith("comment"):
            continue
        before = [token[2] for token in tokens[max(0, place - 2) : place]]
        if kind == "data" or before != ["_", "("]:
            found.append((line, value.strip()[:40]))
    return found


def test_the_search_for_spoken_chinese_finds_it():
    assert spoken_directly("<p>中文</p>") == [(1, "<p>中文</p>")]
    assert spoken_directly('{{ x or "中文" }}') == [(1, '"中文"')]
    assert spoken_directly('{# 中文 #}{{ _("中文") }}{{ _( "中文 %(n)s", n=1) }}') == []


@pytest.mark.parametrize("path", SPEAKING, ids=name)
def test_a_module_says_chinese_only_through_gettext(path):
    said = said_directly(path.read_text("utf-8"))
    assert [(line, text) for line, text in said if text not in KEPT.get(name(path), ())] == []


def said_directly(source: str) -> list[tuple[int, str]]:
    """Chinese strings that are neither documentation nor within a call of gettext.

    A line, or a whole constant, marked ``# not translated`` is data and says so.
    """
    tree = ast.parse(source)
    marked = {number for number, line in enumerate(source.splitlines(), 1) if "# not translated" in line}
    silent: set[int] = set()
    for node in ast.walk(tree):
        is_gettext = isinstance(node, ast.Call) and getattr(node.func, "id", "") in GETTEXT
        is_document = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_pattern = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "compile"
        if is_gettext or is_document or is_pattern:
            silent |= {id(one) for one in ast.walk(node)}
    return [
        (node.lineno, node.value[:40])
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in silent
        and not marked & set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    ]


def test_the_search_for_chinese_in_modules_finds_it():
    assert said_directly('"""中文"""\nx = _("中文")\ny = "中文"\n') == [(3, "中文")]


def test_every_template_is_rendered_included_or_extended_somewhere():
    names = {str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")}
    sources = [
        path.read_text("utf-8")
        for pattern in ("blueprints/**/*.py", "app.py", "templates/**/*.html")
        for path in ROOT.glob(pattern)
    ]
    # A kind of request may have a form of its own, chosen by its code (blueprints/filings/drafts.py).
    chosen = {f"filings/forms/{code}.html" for code in KINDS}
    assert {name for name in names - chosen if not any(f'"{name}"' in source for source in sources)} == set()
