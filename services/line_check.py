"""One line of a wage file held against the list: what becomes of it, why, and what was probably meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from documents.wage_file import HEADINGS
from models.upload import OUTCOMES, WRITTEN, UploadLine
from rules.findings import Finding, find, severity_of
from rules.money import yuan_text
from rules.refusals import Refusal
from rules.wages import MAX_WAGE_FEN, NOT_DECLARED_BELOW_FEN, Bounds, parse_wage
from services.matching import Listed, Match, Roster, as_candidates, is_same_id, is_telling_id, plain_name

_SHOWN = 60
NAME_KEPT = 50
_CELL_KEPT = 80
_SEQ, _NO, _NAME, _ID, _OLD, _WAGE = range(len(HEADINGS))
ODD = 6
"""A line whose cells do not fit the headings has a seventh: all that stands on it."""


class Mend(Protocol):
    """What stands in place of a line's cells: a wage in yuan, a person of the list, or 本行不导入."""

    @property
    def wage(self) -> str | None: ...

    @property
    def wage_row_id(self) -> int | None: ...

    @property
    def is_skipped(self) -> bool: ...


class Bands:
    """Between what the wages of a declaration lie: ``months`` and the monthly bounds in fen by 险种."""

    def __init__(self, months: int, bounds: Mapping[str, Bounds]) -> None:
        self.months, self._bounds = months, bounds
        self._limits: dict[str, tuple[int, int]] = {}

    def limits(self, insurances: str) -> tuple[int, int]:
        """The strictest monthly floor and cap of somebody's 险种; 0 and the largest wage where none are published."""
        found = self._limits.get(insurances)
        if found is None:
            own = [bounds for code, bounds in self._bounds.items() if code in insurances]
            floor = max((one.floor_fen for one in own), default=0)
            found = self._limits[insurances] = floor, min((one.cap_fen for one in own), default=MAX_WAGE_FEN)
        return found


@dataclass(slots=True)
class Judged:
    """What a line became; without ``code`` there is nothing to say about it. Wages in fen.

    ``column`` is the place of the cell that the code is about, in the order of ``HEADINGS``.
    """

    row: Listed | None
    name: str
    outcome: str = "refused"
    fen: int | None = None
    code: str | None = None
    column: int = _WAGE
    value: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    fix: dict[str, Any] | None = None
    wage_text: str = ""
    is_repaired: bool = False
    is_skipped: bool = False

    @property
    def severity(self) -> str:
        return severity_of(self.code) if self.code else ""


@dataclass
class LineCheck:
    """Judges lines one after another; ``seen`` says which line named a row first.

    ``is_free`` is a clerk's own file, without our head: its 原工资 is nobody's business. ``times`` makes its wages
    yuan of the declaration's basis.
    """

    roster: Roster
    bands: Bands
    is_backup: bool = False
    is_free: bool = False
    times: int = 1
    seen: dict[int, int] = field(default_factory=dict)
    fixes: dict[str, int] = field(default_factory=dict)

    def judge(self, line_no: int, cells: Sequence[str], repair: Mend | None = None) -> Judged:
        """The line with its repair, if it was mended."""
        match = self._match(cells, repair)
        if repair is not None and repair.is_skipped:
            judged = self._left_out(line_no, cells, match)
        else:
            judged = self._judge(line_no, cells, match, repair)
            judged.is_repaired = repair is not None
        if self.times != 1 and (repair is None or repair.wage is None):
            judged.wage_text = self._in_own_unit(judged.wage_text)
        return judged

    def _in_own_unit(self, text: str) -> str:
        """What the field to mend begins with: yuan of the declaration's basis, as is typed into it."""
        try:
            fen = parse_wage(text)
        except Refusal:
            return ""
        return "" if fen is None or fen * self.times > MAX_WAGE_FEN else yuan_text(fen * self.times)

    def _match(self, cells: Sequence[str], repair: Mend | None) -> Match:
        if repair is not None and repair.wage_row_id is not None:
            chosen = self.roster.get(repair.wage_row_id)
            return Match(chosen, "" if chosen else "line.unknown_person")
        return self.roster.match(cells[_NO], cells[_NAME], cells[_ID])

    def _left_out(self, line_no: int, cells: Sequence[str], match: Match) -> Judged:
        """本行不导入: refused and settled; what there was to say about it stays."""
        judged = self._judge(line_no, cells, match, None, counts=False)
        judged.outcome, judged.is_skipped, judged.is_repaired, judged.fen = "refused", True, True, None
        return judged

    def _judge(
        self,
        line_no: int,
        cells: Sequence[str],
        match: Match,
        repair: Mend | None,
        counts: bool = True,
    ) -> Judged:
        text = cells[_WAGE] if repair is None or repair.wage is None else repair.wage
        row = match.row
        if row is None:
            return self._nobody(cells, match, text)
        first = self.seen.setdefault(row.id, line_no) if counts else self.seen.get(row.id, line_no)
        if first != line_no:
            return Judged(
                row, row.name, code="line.duplicate", column=_NO, value=cells[_NO] or cells[_NAME],
                params={"first": first}, fix={"skip": True}, wage_text=text,
            )  # fmt: skip
        if match.found_by and counts:
            self.fixes[match.found_by] = self.fixes.get(match.found_by, 0) + 1
        is_chosen = repair is not None and repair.wage_row_id is not None
        wrong = None if is_chosen or self.is_backup else self._contradicted(cells, row)
        if wrong is None:
            wrong = self._unreadable(cells, row, repair)
        return wrong or self._priced(
            cells, match, row, text, is_typed=repair is not None and repair.wage is not None
        )

    def _nobody(self, cells: Sequence[str], match: Match, text: str) -> Judged:
        value = cells[match.column]
        judged = Judged(None, cells[_NAME], code=match.code, column=match.column, value=value, wage_text=text)
        if self.is_backup:
            # Somebody who left the list since the backup was made: there is nothing to put back.
            judged.outcome = "unchanged"
        elif match.candidates:
            judged.params = {"candidates": as_candidates(match.candidates), "name": cells[_NAME]}
            if len(match.candidates) == 1:
                judged.fix = {"row": match.candidates[0].id}
        else:
            judged.fix = {"skip": True}
        return judged

    def _contradicted(self, cells: Sequence[str], row: Listed) -> Judged | None:
        """A number that is one person's and a name that is another's: the line may have slipped."""
        name = cells[_NAME]
        if not name or name == row.name or plain_name(name) == plain_name(row.name):
            return None
        people = [row, *(other for other in self.roster.named(name) if other.id != row.id)][:10]
        return Judged(
            row, name, code="line.name_differs", column=_NAME, value=name, wage_text=cells[_WAGE],
            params={"name": row.name, "candidates": as_candidates(people)},
        )  # fmt: skip

    def _unreadable(self, cells: Sequence[str], row: Listed, repair: Mend | None) -> Judged | None:
        """A line whose cells slipped, or whose wage stands in the column beside."""
        if repair is not None and repair.wage is not None:
            return None
        if len(cells) > ODD:
            return Judged(row, row.name, code="line.cells", value=cells[ODD], wage_text=cells[_WAGE])
        if self.is_free or self.is_backup or cells[_WAGE] or _is_wage(cells[_OLD], row.old_wage_fen):
            return None
        return Judged(
            row, row.name, code="line.old_wage_changed", column=_OLD, value=cells[_OLD],
            params={"old": yuan_text(row.old_wage_fen)}, fix=_wage_fix(cells[_OLD], 1),
        )  # fmt: skip

    def _priced(self, cells: Sequence[str], match: Match, row: Listed, text: str, is_typed: bool) -> Judged:
        times = 1 if is_typed else self.times
        try:
            fen = parse_wage(text)
            if fen is not None and fen * times > MAX_WAGE_FEN:
                raise Refusal("wage.too_large", "wage", value=text, suggestion=None, max_fen=MAX_WAGE_FEN)
        except Refusal as refusal:
            params = {key: value for key, value in refusal.params.items() if key != "value"}
            suggestion = refusal.params.get("suggestion")
            fix = _wage_fix(str(suggestion), times) if suggestion else None
            return Judged(
                row, row.name, code=refusal.code, value=text, params=params, fix=fix, wage_text=text
            )
        if fen is not None:
            fen *= times
            if not text.isascii() or "," in text or "'" in text:
                self.fixes["amount_written"] = self.fixes.get("amount_written", 0) + 1
        # A blank in a wage file leaves the wage alone; a backup puts back what was there, nothing included.
        if fen == row.wage_fen or (fen is None and not self.is_backup):
            return Judged(row, row.name, "unchanged", fen, wage_text=text)
        return self._with_findings(
            cells, match, Judged(row, row.name, "accepted", fen, value=text, wage_text=text)
        )

    def _with_findings(self, cells: Sequence[str], match: Match, judged: Judged) -> Judged:
        row, fen = judged.row, judged.fen
        assert row is not None
        floor, cap = self.bands.limits(row.insurances)
        finding = None if fen is None else find(row.old_wage_fen, fen, self.bands.months, floor, cap)
        if finding is not None:
            return warned(row, fen or 0, judged.wage_text, finding)
        if match.code:
            judged.outcome, judged.code, judged.column = "warned", match.code, match.column
            judged.value, judged.params = cells[_NO], {"name": row.name}
        elif self.is_backup:
            pass
        elif cells[_ID] and is_telling_id(cells[_ID]) and not is_same_id(cells[_ID], row.id_number):
            judged.outcome, judged.code, judged.column = "warned", "line.id_differs", _ID
            judged.value = cells[_ID][:3] + "…"
        elif not self.is_free and not _is_wage(cells[_OLD], row.old_wage_fen):
            judged.outcome, judged.code, judged.column = "warned", "line.old_wage_differs", _OLD
            judged.value, judged.params = cells[_OLD], {"old": yuan_text(row.old_wage_fen)}
        return judged


def new_check(kind: str, read_by: Mapping[str, Any], roster: Roster, bands: Bands) -> LineCheck:
    """A check for lines of an upload of this kind; ``read_by`` is what ``Upload.columns`` keeps of its file."""
    return LineCheck(
        roster,
        bands,
        is_backup=kind == "backup",
        is_free=bool(read_by.get("is_free")),
        times=int(read_by.get("times", 1)),
    )


def warned(row: Listed, fen: int, text: str, finding: Finding) -> Judged:
    """A wage that is taken, with something to say about it."""
    fix = None if finding.fix_fen is None else {"wage": yuan_text(finding.fix_fen)}
    return Judged(
        row, row.name, "warned", fen, finding.code, value=text, params=finding.params, fix=fix, wage_text=text
    )


class Staged(NamedTuple):
    """A line as ``UploadLine`` keeps it, in the order of its columns; those up to ``outcome`` every line has."""

    upload_id: int
    line_no: int
    wage_row_id: int | None
    row_version: int | None
    name: str
    person_no: str
    before_fen: int | None
    wage_fen: int | None
    outcome: str
    severity: str
    code: str | None
    column_name: str | None
    value: str | None
    params: dict[str, Any] | None
    fix: dict[str, Any] | None
    cells: str
    wage_text: str
    is_repaired: bool
    is_skipped: bool


def as_staged(upload_id: int, line_no: int, cells: Sequence[str], judged: Judged) -> Staged:
    """The line as it is kept."""
    row = judged.row
    return Staged(
        upload_id,
        line_no,
        row.id if row else None,
        row.version if row else None,
        judged.name[:NAME_KEPT],
        row.person_no if row else cells[_NO][:_SHOWN],
        row.wage_fen if row else None,
        judged.fen,
        judged.outcome,
        judged.severity,
        judged.code,
        HEADINGS[judged.column] if judged.code else None,
        judged.value[:_SHOWN] if judged.code else None,
        judged.params or None,
        judged.fix,
        join_cells(cells),
        judged.wage_text[:_SHOWN],
        judged.is_repaired,
        judged.is_skipped,
    )


def staged_finding(
    upload_id: int, line_no: int, cells: Sequence[str], row: tuple[Any, ...], fen: int, finding: Finding
) -> Staged:
    """What ``as_staged`` makes of ``warned``, for a line that says of its person what the list says.

    A third of a file may lie under the floor; ``row`` is one of ``Roster.by_no``.
    """
    row_id, version, person_no, name, _old_fen, held_fen, _id_number, _insurances = row
    text = cells[_WAGE][:_SHOWN]
    fix = None if finding.fix_fen is None else {"wage": yuan_text(finding.fix_fen)}
    return Staged(
        upload_id, line_no, row_id, version, name[:NAME_KEPT], person_no, held_fen, fen, "warned",
        finding.severity, finding.code, HEADINGS[_WAGE], text, finding.params or None, fix,
        join_cells(cells), text, False, False,
    )  # fmt: skip


def join_cells(cells: Sequence[str]) -> str:
    """A line's cells as one text, each without tabs and at most 80 characters long."""
    joined = "\t".join(cells)
    if len(joined) > _CELL_KEPT or joined.count("\t") >= len(cells):
        joined = "\t".join(cell.replace("\t", " ")[:_CELL_KEPT] for cell in cells)
    return joined


def split_cells(joined: str) -> list[str]:
    """The cells that ``join_cells`` joined."""
    return joined.split("\t")


def count_lines(counts: dict[str, int], line: UploadLine | Staged, step: int = 1) -> None:
    """Count a line under its outcome and parts; ``step`` −1 takes it out again."""
    counts[line.outcome] += step
    wage = line.wage_fen
    if line.is_skipped:
        counts["skipped"] += step
    if line.outcome == "refused":
        return
    if wage is None and line.outcome == "unchanged":
        counts["blank"] += step
    elif wage is not None and wage < NOT_DECLARED_BELOW_FEN:
        counts["under_one" if wage else "zero"] += step
    if line.outcome in WRITTEN and line.before_fen is None:
        counts["added"] += step


def no_counts() -> dict[str, int]:
    """Counts to begin with: the four outcomes, and the parts of them that are told apart."""
    return dict.fromkeys((*OUTCOMES, "skipped", "blank", "added", "zero", "under_one"), 0)


def _is_wage(text: str, fen: int | None) -> bool:
    try:
        return parse_wage(text) == fen
    except Refusal:
        return False


def _wage_fix(text: str, times: int) -> dict[str, Any] | None:
    try:
        fen = parse_wage(text)
    except Refusal:
        return None
    return None if fen is None or fen * times > MAX_WAGE_FEN else {"wage": yuan_text(fen * times)}
