"""An uploaded container is opened without trusting a word it says about itself."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from io import BytesIO

from documents.limits import Limits
from rules.refusals import Refusal

CONTENT_TYPES = "[Content_Types].xml"
READABLE = (".txt", ".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".et", ".ods")
_ARCHIVES = (".zip", ".rar", ".7z")
_LITTER = (".ds_store", "thumbs.db", "desktop.ini")
_ENCRYPTED_FLAG = 0x1
# Below this size even a perfect bomb is only a small file.
_RATIO_MATTERS_FROM = 2**20
_ENTRY = b"PK\x01\x02"
_MOST_ENTRIES = 5_000
_LONGEST_MIMETYPE = 100

# The first bytes of what can only be another program's file.
_FOREIGN = (
    (b"Rar!", "file.is_rar"),
    (b"7z\xbc\xaf\x27\x1c", "file.is_7z"),
    (b"\x1f\x8b", "file.is_archive"),
    (b"BZh", "file.is_archive"),
    (b"\xfd7zXZ", "file.is_archive"),
    (b"MSCF", "file.is_archive"),
    (b"%PDF", "file.is_pdf"),
    (b"\xff\xd8\xff", "file.is_image"),
    (b"\x89PNG", "file.is_image"),
    (b"GIF8", "file.is_image"),
    (b"II*\x00", "file.is_image"),
    (b"MM\x00*", "file.is_image"),
    (b"{\\rtf", "file.is_word"),
)

# What zipfile is known to raise on damaged input: its own error, and those of the layers below it.
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
)


def refuse_foreign(data: bytes) -> None:
    """Refuse by its first bytes what holds no list: ``file.is_rar``, ``file.is_7z``, ``file.is_archive``,
    ``file.is_pdf``, ``file.is_image``, ``file.is_word``."""
    for start, code in _FOREIGN:
        if data.startswith(start):
            raise Refusal(code)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        raise Refusal("file.is_image")


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin like a zip, an empty or a spanned one included."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive; names without a mark of their encoding are UTF-8 (Linux, macOS) or GBK (older Windows).

    Raises ``file.zip_damaged``, and ``file.zip_bomb`` for thousands of entries.
    """
    if data.count(_ENTRY) > _MOST_ENTRIES:
        raise Refusal("file.zip_bomb", name="", size=len(data), limit=_MOST_ENTRIES)
    for names_in in ("utf-8", "gbk", None):
        try:
            return zipfile.ZipFile(BytesIO(data), metadata_encoding=names_in)
        except UnicodeDecodeError:
            continue
        except (NotImplementedError, *_DAMAGE) as error:
            raise Refusal("file.zip_damaged") from error
    raise Refusal("file.zip_damaged")


def workbook_kind(archive: zipfile.ZipFile) -> str:
    """What kind of workbook a zip is the container of: "xlsx", "ods", or "" for none.

    Raises ``file.is_word`` and ``file.is_xlsb`` for the other papers of an office.
    """
    names = set(archive.namelist())
    if "content.xml" in names and "mimetype" in names:
        kind = read_entry(archive, archive.getinfo("mimetype"), _LONGEST_MIMETYPE, _LONGEST_MIMETYPE)
        if b"spreadsheet" not in kind:
            raise Refusal("file.is_word" if b"opendocument" in kind else "file.workbook_damaged")
        return "ods"
    if CONTENT_TYPES not in names:
        return ""
    if "xl/workbook.bin" in names:
        raise Refusal("file.is_xlsb")
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise Refusal("file.is_word")
    return "xlsx"


def only_file(archive: zipfile.ZipFile, limits: Limits) -> tuple[str, bytes]:
    """Name and bytes of the one readable file of an archive, in whatever folder it lies.

    A file is readable by its ending; a single file is taken whatever it is called. Raises
    ``file.zip_path``, ``file.zip_symlink``, ``file.encrypted``, ``file.zip_nothing``, ``file.zip_nested``,
    ``file.zip_many`` and what ``read_entry`` raises.
    """
    entries = [entry for entry in archive.infolist() if not _is_litter(entry)]
    for entry in entries:
        _refuse_unsafe(entry)
    found = [entry for entry in entries if entry.filename.lower().endswith(READABLE)]
    if not found:
        for entry in entries:
            if entry.filename.lower().endswith(_ARCHIVES):
                raise Refusal("file.zip_nested", name=entry.filename)
        found = entries[:1] if len(entries) == 1 else []
    if not found:
        raise Refusal("file.zip_nothing", names=_names(entries))
    if len(found) > 1:
        raise Refusal("file.zip_many", count=len(found), names=_names(found))
    return found[0].filename, read_entry(archive, found[0], limits.expanded_bytes, limits.ratio)


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int, ratio: int) -> bytes:
    """One entry's bytes; at most ``limit`` of them, and at most ``ratio`` for one packed byte.

    Raises ``file.encrypted``, ``file.zip_bomb``, ``file.zip_method``, ``file.zip_damaged``.
    """
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise Refusal("file.encrypted", name=entry.filename)
    _refuse_bomb(entry, entry.file_size, limit, ratio)
    try:
        with archive.open(entry) as stream:
            data = stream.read(limit + 1)
    except NotImplementedError as error:
        raise Refusal("file.zip_method", name=entry.filename) from error
    except RuntimeError as error:
        raise Refusal("file.encrypted", name=entry.filename) from error
    except _DAMAGE as error:
        raise Refusal("file.zip_damaged") from error
    _refuse_bomb(entry, len(data), limit, ratio)
    return data


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    name = parts[-1].lower()
    # A folder ends in a slash; ZipInfo.is_dir() itself stumbles over an entry without any name.
    return not name or "__MACOSX" in parts or name in _LITTER or name.startswith("._")


def _refuse_unsafe(entry: zipfile.ZipInfo) -> None:
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        raise Refusal("file.zip_path", name=entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refusal("file.zip_symlink", name=entry.filename)
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise Refusal("file.encrypted", name=entry.filename)


def _refuse_bomb(entry: zipfile.ZipInfo, size: int, limit: int, ratio: int) -> None:
    packed = max(entry.compress_size, 1)
    if size > limit or (size > _RATIO_MATTERS_FROM and size > ratio * packed):
        raise Refusal("file.zip_bomb", name=entry.filename, size=size, limit=limit)


def _names(entries: list[zipfile.ZipInfo]) -> str:
    shown = [entry.filename for entry in entries[:5]]
    return "、".join(shown) + ("…" if len(entries) > 5 else "")
