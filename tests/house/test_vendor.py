"""What others wrote lies here byte for byte as they published it, with its licence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"
VENDOR = STATIC / "vendor"
LIST = VENDOR / "checksums.txt"


def test_vendor_files_are_those_of_the_checksums_and_no_others():
    listed = dict(
        reversed(re.fullmatch(r"([0-9a-f]{64}) [ *](?:.*/)?([^/]+)", line).groups())
        for line in LIST.read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    )
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path != LIST and (path.name in listed or ".LICENSE" not in path.name)
    }
    assert found
    assert found == listed


def test_each_vendor_file_has_its_licence():
    licences = {path.name.split(".LICENSE")[0] for path in VENDOR.glob("*.LICENSE*")}
    others = [path.name for path in VENDOR.iterdir() if ".LICENSE" not in path.name and path != LIST]
    assert others
    for name in others:
        assert any(name.startswith(licence) for licence in licences), name


def test_no_page_asks_another_server_for_anything():
    root = STATIC.parent
    for path in (*root.glob("templates/**/*.html"), *STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")):
        assert not re.search(
            r"(?:src|href|action)=\"?https?:|url\(['\"]?https?:|@import", path.read_text("utf-8")
        ), path
