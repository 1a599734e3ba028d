"""Money is an integer of fen; here it is read from and written as text, and rounded half-up, exactly."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal

# Wide enough that no sum of a whole region's wages is ever cut to the default 28 digits.
_CONTEXT = Context(prec=100, rounding=ROUND_HALF_UP)
_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(13))
_ZERO = Decimal(0)


def yuan_text(fen: int | None, grouped: bool = False) -> str:
    """``fen`` as yuan with two decimals: "1234.50", grouped "1,234.50"; "" for None."""
    if fen is None:
        return ""
    sign = "-" if fen < 0 else ""
    fen = abs(fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}" if grouped else f"{sign}{fen // 100}.{fen % 100:02d}"


def round_half_up(value: Decimal, places: int) -> Decimal:
    """``value`` with exactly ``places`` (0 or more) decimals; a half goes away from zero (manual 4.4).

    Never gives minus zero. Raises ``decimal.InvalidOperation`` for an infinite value.
    """
    step = _STEPS[places] if 0 <= places < len(_STEPS) else Decimal(1).scaleb(-places)
    return _CONTEXT.add(value.quantize(step, ROUND_HALF_UP, _CONTEXT), _ZERO)


def divide_half_up(numerator: int, denominator: int) -> int:
    """The nearest integer to the quotient, a half going away from zero; ``denominator`` above 0."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


class UnreadableAmount(ValueError):
    """A text that is not an amount of money.

    ``reason`` is one of ``not_a_number``, ``scientific``, ``unit_word``, ``formula``, ``negative``,
    ``decimals``, ``too_large``, ``separators``; ``suggestion`` what was probably meant ("5000.00") or None.
    """

    def __init__(self, reason: str, suggestion: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


# No amount that a person means is longer; this also keeps int() away from endless digits.
_LONGEST = 64
# Spreadsheets and web pages leave these invisible marks around a copied number.
_INVISIBLE = (
    "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
# 5000² would silently become 50002, ① would become 1: only the wide and styled forms of a digit are digits.
_SAME_DIGIT = ("<wide>", "<narrow>", "<font>")

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_STRICT = re.compile(r"([0-9]+)(?:\.([0-9]{1,2}))?").fullmatch
_LONG_DECIMALS = re.compile(r"([0-9]+)\.([0-9]{3,})").fullmatch
_OPEN_POINT = re.compile(r"\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)").fullmatch
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?").fullmatch
_GROUPED_BY_WAN = re.compile(r"[1-9][0-9]{0,3}(?:,[0-9]{4})+(?:\.[0-9]{1,2})?").fullmatch
_DIGITS_AND_SEPARATORS = re.compile(r"[0-9.]+(?:[, '’][0-9.]*)+").fullmatch
_GROUPED_BY_SPACE = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?:\.[0-9]{1,2})?").fullmatch
_SCIENTIFIC = re.compile(rf"[+-]?({_NUMBER}|[0-9]+\.)[eE]([+-]?[0-9]+)").fullmatch
_UNIT_WORD = re.compile(rf"({_NUMBER}) ?([百佰千仟kK万萬wW亿])").fullmatch
_HAS_UNIT_WORD = re.compile(r"[百佰千仟万萬亿]").search
_NEGATIVE = re.compile(rf"[-\u2212\u2013\u2014] ?¥? ?{_NUMBER}|\({_NUMBER}\)").fullmatch
_UNIT_POWERS = {"百": 2, "佰": 2, "千": 3, "仟": 3, "k": 3, "万": 4, "萬": 4, "w": 4, "亿": 8}


def parse_yuan(text: str, max_fen: int, max_digits: int) -> int | None:
    """The amount in fen that a person typed or pasted in yuan; None for a blank.

    Forgives full-width forms, surrounding spaces, a leading ￥, a trailing 元 and well placed thousand
    separators; then asks for plain digits, at most ``max_digits`` of them before the point and two
    after it, and no more than ``max_fen``. Raises ``UnreadableAmount``.
    """
    stripped = _strip(text)
    if not stripped:
        return None
    if len(stripped) > _LONGEST or _hides_digits(stripped):
        raise UnreadableAmount("not_a_number")
    plain = _strip(unicodedata.normalize("NFKC", stripped))
    if not plain:
        return None
    if plain[0] in "=@":
        raise UnreadableAmount("formula")
    plain = _strip(plain.removeprefix("¥"))
    plain = _strip(plain.removesuffix("元"))
    if "," in plain and _GROUPED(plain):
        plain = plain.replace(",", "")
    match = _STRICT(plain)
    if match is None:
        raise _why_not(plain, max_fen)
    whole, part = match.group(1), match.group(2) or ""
    fen = int(whole) * 100 + int(part.ljust(2, "0"))
    if fen > max_fen:
        raise UnreadableAmount("too_large")
    if len(whole) > max_digits:
        raise UnreadableAmount("not_a_number", yuan_text(fen))
    return fen


def _strip(text: str) -> str:
    # str.strip knows every kind of space; the invisible marks may stand on either side of them.
    return text.strip().strip(_INVISIBLE).strip()


def _hides_digits(text: str) -> bool:
    if text.isascii():
        return False
    for char in text:
        if char.isascii():
            continue
        normal = unicodedata.normalize("NFKC", char)
        if normal == char or not any(one in "0123456789." for one in normal):
            continue
        if not unicodedata.decomposition(char).startswith(_SAME_DIGIT):
            return True
    return False


def _why_not(plain: str, max_fen: int) -> UnreadableAmount:
    """The most helpful thing to say about ``plain``, which is not a number as asked."""
    if match := _LONG_DECIMALS(plain):
        return UnreadableAmount("decimals", _suggest(plain, 0, max_fen, rounded=True))
    if match := _SCIENTIFIC(plain):
        # Excel writes long numbers so: 1.50102E+17 is an identity number, not a wage.
        if plain[0] == "-" or len(match.group(2)) > 3:
            return UnreadableAmount("scientific")
        return UnreadableAmount("scientific", _suggest(match.group(1), int(match.group(2)), max_fen))
    if match := _UNIT_WORD(plain):
        power = _UNIT_POWERS[match.group(2).lower()]
        return UnreadableAmount("unit_word", _suggest(match.group(1), power, max_fen))
    if _HAS_UNIT_WORD(plain):
        return UnreadableAmount("unit_word")
    if _NEGATIVE(plain):
        return UnreadableAmount("negative")
    if _OPEN_POINT(plain):
        return UnreadableAmount("not_a_number", _suggest(plain, 0, max_fen))
    if plain[:1] in ("=", "@", "+", "-") and len(plain) > 1:
        return UnreadableAmount("formula")
    if _DIGITS_AND_SEPARATORS(plain):
        meant = re.sub("[, ]", "", plain) if _GROUPED_BY_WAN(plain) or _GROUPED_BY_SPACE(plain) else ""
        return UnreadableAmount("separators", _suggest(meant, 0, max_fen) if meant else None)
    return UnreadableAmount("not_a_number")


def _suggest(digits: str, power: int, max_fen: int, rounded: bool = False) -> str | None:
    """``digits`` × 10^power as yuan text, or None when it is no possible amount."""
    value = Decimal(digits).scaleb(power, _CONTEXT)
    if value > max_fen:
        return None
    amount = round_half_up(value, 2)
    fen = int(amount.scaleb(2, _CONTEXT))
    if fen > max_fen or (amount != value and not rounded):
        return None
    return yuan_text(fen)
