"""What a unit may ask to have changed in its record, or registered, and what is wrong with what it wrote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from rules.fields import N_, Field, Section, fields_of
from rules.identity import USERNAME
from rules.insurances import CHOICES
from rules.refusals import Refusal
from rules.statement import FUNDING_SOURCES, UNIT_TYPES

_CONTACTS = (
    Field("contact_name", N_("联系人"), "text", True),
    Field("contact_phone", N_("联系电话"), "phone", True, hint_msgid=N_("手机号，或带区号的座机号")),
    Field("address", N_("单位地址"), "text", True),
)
_IDENTITY = (
    Field("name", N_("单位名称"), "text", True, hint_msgid=N_("与营业执照或登记证书上的全称一致")),
    Field("legal_representative", N_("法定代表人"), "text", True),
    Field("kind", N_("单位类型"), "choice", True, UNIT_TYPES),
    Field("funding", N_("经费来源"), "choice", True, FUNDING_SOURCES),
)
_BANK = (
    Field("bank_name", N_("开户银行"), "text", hint_msgid=N_("写到支行，如：中国银行呼和浩特新城支行")),
    Field("bank_account", N_("银行账号"), "text", hint_msgid=N_("单位的对公账号，只填数字")),
)

# A record's account is not shown in a form, so a field left empty must keep it.
_BANK_KEPT = (_BANK[0], replace(_BANK[1], hint_msgid=N_("单位的对公账号，只填数字；账号不改就留空")))

# The names of the fields are those of the unit's record, so that a form and a record compare name by name.
CHANGING_AT_ONCE: tuple[Section, ...] = (Section(N_("联系方式"), _CONTACTS),)
"""单位信息变更 that takes effect at once: how the bureau reaches the unit."""

CHANGING_REVIEWED: tuple[Section, ...] = (
    Section(N_("登记信息"), _IDENTITY),
    Section(N_("银行账户"), _BANK_KEPT),
)
"""单位信息变更 that the bureau reviews: who the unit is, and where its money goes."""

CHANGING_FIELDS: dict[str, Field] = fields_of((*CHANGING_AT_ONCE, *CHANGING_REVIEWED))
"""Every field of a unit's record that the unit itself may ask to have changed."""

PROVED_FIELDS = ("name", "legal_representative", "bank_name", "bank_account")
"""What is changed with an attachment only: what licences and account papers say."""


REGISTERING_UNIT: tuple[Section, ...] = (
    Section(N_("单位情况"), (Field("uscc", N_("统一社会信用代码"), "uscc", True), *_IDENTITY)),
    Section(N_("联系方式"), _CONTACTS),
    Section(N_("银行账户"), _BANK),
    Section(
        N_("参加保险"),
        (
            Field("insurances", N_("参保险种"), "choices", True, CHOICES),
            Field("headcount", N_("职工人数"), "count", True),
        ),
    ),
    Section(
        N_("经办人"),
        (
            Field("operator_name", N_("经办人姓名"), "text", True),
            Field(
                "username",
                N_("希望的用户名"),
                "text",
                hint_msgid=N_("3 到 60 个字母、数字、下划线、点或短横；也可以通过后再定"),
            ),
        ),
    ),
)
"""参保登记 of a unit that has no account yet."""

_SHOWN = 40
_ACCOUNT = re.compile(r"[0-9]{8,30}").fullmatch
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,3}").fullmatch
# Only these: NFKC would make digits of signs like ² and ①, too.
_WIDE = str.maketrans("０１２３４５６７８９．＋Ｅｅ－", "0123456789.+Ee-")
_BETWEEN_GROUPS = re.compile(r"[\s\u200b\ufeff\u2010-\u2015-]+")
_INVISIBLE = re.compile("[\ufeff\u200b\u200e\u200f\u2060]")
_CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]"
_SPACE_AT_CJK = re.compile(rf"(?<={_CJK}) | (?={_CJK})")
# What stands where a character was lost on its way.
_LOST = frozenset("?？□■\ufffd")
_UNREADABLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def completed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned values as they are kept: name and bank account in one spelling, so that only real changes differ."""
    done = dict(content)
    for name, tidy in (("name", tidy_name), ("bank_account", tidy_account)):
        if done.get(name):
            done[name] = tidy(done[name])
    return done


def check_unit(content: Mapping[str, Any]) -> list[Refusal]:
    """What is wrong with the cleaned fields of a change or a registration of a unit; absent fields are not judged.

    ``unit.name_characters``, ``unit.name_incomplete``, ``unit.bank_account``, ``unit.bank_scientific``,
    ``unit.bank_name_missing``, ``unit.bank_account_missing``, ``unit.nobody``, ``unit.username``.
    """
    found = []
    for name, check in (("name", check_unit_name), ("bank_account", check_bank_account)):
        try:
            # No account is an answer, no name is none.
            if content.get(name) or (name == "name" and name in content):
                check(content[name])
        except Refusal as refusal:
            found.append(refusal)
    if content.get("bank_account") and content.get("bank_name") == "":
        found.append(Refusal("unit.bank_name_missing", "bank_name"))
    if content.get("bank_name") and content.get("bank_account") == "":
        found.append(Refusal("unit.bank_account_missing", "bank_account"))
    if content.get("headcount") == 0:
        found.append(Refusal("unit.nobody", "headcount"))
    username = content.get("username")
    if username and not re.fullmatch(USERNAME, username):
        found.append(Refusal("unit.username", "username", value=username[:_SHOWN]))
    return found


def tidy_name(text: str) -> str:
    """A unit's name without invisible marks and without spaces beside Chinese characters; brackets stay as typed."""
    return _SPACE_AT_CJK.sub("", " ".join(_INVISIBLE.sub("", text).split()))


def check_unit_name(text: str) -> str:
    """The name in its one spelling (``tidy_name``).

    Raises ``Refusal``: ``unit.name_characters`` where a character was lost or cannot be shown (``value``),
    ``unit.name_incomplete`` with fewer than two letters or Chinese characters (``value``).
    """
    name = tidy_name(text)
    categories = [unicodedata.category(char) for char in name]
    if not _LOST.isdisjoint(name) or not _UNREADABLE.isdisjoint(categories):
        raise Refusal("unit.name_characters", "name", value=name[:_SHOWN])
    if sum(category.startswith("L") for category in categories) < 2:
        raise Refusal("unit.name_incomplete", "name", value=name[:_SHOWN])
    return name


def tidy_account(text: str) -> str:
    """A bank account without the spaces and hyphens between its groups, full-width digits made plain."""
    return _BETWEEN_GROUPS.sub("", text.translate(_WIDE))


def check_bank_account(text: str) -> str:
    """The account as 8 to 30 digits, without the spaces that group them.

    No check digit is asked for: accounts of companies have none, only cards do (``is_card_number``).
    Raises ``Refusal``: ``unit.bank_scientific`` for what a spreadsheet made of a long number,
    ``unit.bank_account`` for anything else. Neither carries the account itself, because problems are kept and listed.
    """
    account = tidy_account(text)
    if _SCIENTIFIC(account):
        raise Refusal("unit.bank_scientific", "bank_account")
    if not _ACCOUNT(account):
        raise Refusal("unit.bank_account", "bank_account")
    return account


def is_card_number(account: str) -> bool:
    """Whether a tidied account looks like somebody's bank card: a hint that it is no company account, never a refusal.

    16 to 19 digits from 62 on, as cards issued in China have, with their check digit. Source: ISO/IEC 7812-1 (Luhn).
    """
    if not (_ACCOUNT(account) and account.startswith("62") and 16 <= len(account) <= 19):
        return False
    digits = [int(digit) for digit in reversed(account)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def kept_account(content: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """A change whose bank stays and whose account was left empty, with the account of the record."""
    done = dict(content)
    if done.get("bank_account") == "" and done.get("bank_name") == record["bank_name"]:
        done["bank_account"] = record["bank_account"]
    return done


def next_unit_no(region_code: str, known: Iterable[str]) -> str:
    """The 单位编号 of a new unit: the first four digits of the region's code and a number that none has had.

    That number is one more than the greatest among ``known``, of four digits while that is enough; numbers that
    are made otherwise do not count.
    """
    beginning = region_code[:4]
    tails = [no[4:] for no in known if no.startswith(beginning)]
    used = [int(tail) for tail in tails if len(tail) >= 4 and tail.isascii() and tail.isdigit()]
    return f"{beginning}{max(used, default=0) + 1:04d}"


class Difference(NamedTuple):
    """A field that is to have another value; both values as they are kept."""

    name: str
    label_msgid: str
    old: Any
    new: Any


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], fields: Mapping[str, Field]
) -> list[Difference]:
    """The fields, in their order, whose value in ``new`` is another than in ``old``.

    Only what ``new`` has is compared; nothing, None and "" are the same.
    """
    return [
        Difference(name, field.label_msgid, old.get(name), new[name])
        for name, field in fields.items()
        if name in new and not _same(old.get(name), new[name])
    ]


def _same(old: Any, new: Any) -> bool:
    # 0 is a value; only these say that there is none.
    nothing: tuple[Any, ...] = (None, "", [])
    return old == new or (old in nothing and new in nothing)
