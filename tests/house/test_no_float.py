"""Money and rates are integers and Decimals: no float is written down or made in the rules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "rules").glob("*.py"))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_a_rule_knows_no_float(path):
    found = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Div)
            and "Decimal" not in ast.unparse(node.left)
        )
    ]
    assert found == []
