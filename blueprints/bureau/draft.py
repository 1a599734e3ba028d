"""What a reviewer typed about a case and has not sent: kept with the session, page after page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import session

from rules.numbers import whole_number

KEY = "reviews"
KEPT_AT_MOST = 20


@dataclass
class Draft:
    """The opinion, the rows ticked for 退回, and what was typed beside rows, ticked or not; by 序号."""

    reason: str = ""
    ticked: set[int] = field(default_factory=set)
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def marks(self) -> dict[int, str]:
        """What 退回 would say of each ticked row."""
        return {seq: self.texts.get(seq, "") for seq in sorted(self.ticked)}

    @property
    def seqs(self) -> list[int]:
        """Every row with a tick or a text."""
        return sorted(self.ticked | self.texts.keys())

    @property
    def unticked(self) -> list[int]:
        """Rows with a text and no tick: they would not be returned."""
        return sorted(self.texts.keys() - self.ticked)


def read_draft(form: Mapping[str, str]) -> Draft:
    """The draft in a posted form: every form of a case holds the whole of it."""
    draft = Draft(reason=form.get("reason", "").replace("\r\n", "\n"))
    for name, value in form.items():
        seq = whole_number(name[1:])
        if name[:1] not in ("m", "t") or seq is None:
            continue
        if name[0] == "m":
            draft.ticked.add(seq)
        elif value.strip():
            draft.texts[seq] = value.strip()
    return draft


def find_draft(filing_id: int) -> Draft:
    """The draft kept for a filing, or an empty one."""
    kept = session.get(KEY, {}).get(str(filing_id))
    if kept is None:
        return Draft()
    texts = {int(seq): text for seq, text in kept["texts"].items()}
    return Draft(kept["reason"], set(kept["ticked"]), texts)


def keep_draft(filing_id: int, draft: Draft) -> None:
    """Keep a draft; of very many cases only the last ones."""
    drafts = {key: value for key, value in session.get(KEY, {}).items() if key != str(filing_id)}
    drafts[str(filing_id)] = {
        "reason": draft.reason,
        "ticked": sorted(draft.ticked),
        "texts": {str(seq): text for seq, text in draft.texts.items()},
    }
    session[KEY] = dict(list(drafts.items())[-KEPT_AT_MOST:])


def forget_draft(filing_id: int) -> None:
    """The case is decided."""
    if str(filing_id) in session.get(KEY, {}):
        session[KEY] = {key: value for key, value in session[KEY].items() if key != str(filing_id)}
