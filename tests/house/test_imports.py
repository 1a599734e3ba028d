"""Who may know whom: arrows point down, Flask stays at the counter, and nobody imports the whole application."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEVELS = [{"blueprints", "jobs"}, {"services"}, {"models", "documents", "cert"}, {"rules"}, {"translations"}]
ROOMS = set().union(*LEVELS)
WEB = {"flask", "flask_wtf", "wtforms", "htmx_flask", "flask_compress", "werkzeug", "jinja2", "markupsafe"}
WEB_ROOMS = {"app.py", "blueprints", "deploy"}
STANDARD = set(sys.stdlib_module_names) | {"__future__"}


def imports(path: Path) -> set[str]:
    """The first part of each module that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def files(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def test_arrows_point_down():
    for place, level in enumerate(LEVELS):
        above = set().union(*LEVELS[:place])
        for room in level:
            for path in files(room):
                assert not imports(path) & above, path
                if place == 0:
                    assert not imports(path) & (level - {room}), (
                        f"{path}: windows and back door are strangers"
                    )


def test_nothing_imports_the_application_but_its_entrances():
    everywhere = [path for path in files(*ROOMS, "deploy", "migrations") if "app" in imports(path)]
    assert everywhere == []
    assert "app" not in imports(ROOT / "settings.py")


def test_flask_lives_in_the_application_and_at_the_counter():
    for path in files(*ROOMS, "deploy", "migrations"):
        if path.relative_to(ROOT).parts[0] not in WEB_ROOMS and "documents" not in path.parts:
            assert not imports(path) & WEB, path
    for path in files("documents"):
        assert not imports(path) & (WEB - {"jinja2", "markupsafe"}), path


def test_rules_need_the_standard_library_only():
    for path in files("rules", "translations"):
        assert imports(path) <= STANDARD | {"rules"}, path


def test_only_settings_and_the_application_read_settings():
    for path in files(*ROOMS):
        assert "settings" not in imports(path), path


def test_the_contracts_of_import_linter_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
