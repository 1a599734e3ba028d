"""Every table of the house, for whoever needs them all: migrations, and the check for drift."""

from models import (
    account,
    audit,
    certificate,
    declaration,
    delegation,
    filing,
    filing_parts,
    job,
    levy,
    notice,
    parameter_change,
    person,
    project,
    region,
    unit,
    upload,
)

__all__ = [
    "account",
    "audit",
    "certificate",
    "declaration",
    "delegation",
    "filing",
    "filing_parts",
    "job",
    "levy",
    "notice",
    "parameter_change",
    "person",
    "project",
    "region",
    "unit",
    "upload",
]
