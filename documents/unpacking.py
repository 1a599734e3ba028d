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
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_ARCHIVE_ENDINGS = (".zip", ".rar", ".7z")
_LITTER = (".ds_store", "thumbs.db", "desktop.ini")
_ENCRYPTED_FLAG = 0x1
# Below this size even a perfect bomb is only a small file.
_RATIO_MATTERS_FROM = 2**20

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


def refuse_foreign_container(data: bytes) -> None:
    """Refuse by its first bytes what can only be another program's file: rar, 7z, xls, locked xlsx."""
    if data.startswith(b"Rar!"):
        raise Refusal("file.is_rar")
    if data.startswith(b"7z\xbc\xaf\x27\x1c"):
        raise Refusal("file.is_7z")
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # An xlsx with a password is an OLE2 file too, with the encrypted package as one of its streams.
        raise Refusal("file.encrypted_xlsx" if _ENCRYPTED_PACKAGE in data else "file.is_xls")


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin like a zip, an empty or a spanned one included."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive, with names packed by older Windows programs read as GBK; ``file.zip_damaged``."""
    for names_in in ("gbk", None):
        try:
            return zipfile.ZipFile(BytesIO(data), metadata_encoding=names_in)
        except UnicodeDecodeError:
            continue
        except (NotImplementedError, *_DAMAGE) as error:
            raise Refusal("file.zip_damaged") from error
    raise Refusal("file.zip_damaged")


def only_text(archive: zipfile.ZipFile, limits: Limits) -> bytes:
    """The bytes of the one txt of an archive, in whatever folder it lies.

    Raises ``file.zip_path``, ``file.zip_symlink``, ``file.encrypted``, ``file.zip_no_txt``,
    ``file.zip_nested``, ``file.is_csv``, ``file.zip_many_txt`` and what ``read_entry`` raises.
    """
    entries = [entry for entry in archive.infolist() if not _is_litter(entry)]
    for entry in entries:
        _refuse_unsafe(entry)
    texts = [entry for entry in entries if entry.filename.lower().endswith(".txt")]
    if not texts:
        _refuse_without_text(entries)
    if len(texts) > 1:
        raise Refusal("file.zip_many_txt", count=len(texts), names=_names(texts))
    return read_entry(archive, texts[0], limits.expanded_bytes, limits.ratio)


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


def _refuse_without_text(entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        if entry.filename.lower().endswith(_ARCHIVE_ENDINGS):
            raise Refusal("file.zip_nested", name=entry.filename)
        if entry.filename.lower().endswith(".csv"):
            raise Refusal("file.is_csv", name=entry.filename)
    raise Refusal("file.zip_no_txt", names=_names(entries))


def _refuse_bomb(entry: zipfile.ZipInfo, size: int, limit: int, ratio: int) -> None:
    packed = max(entry.compress_size, 1)
    if size > limit or (size > _RATIO_MATTERS_FROM and size > ratio * packed):
        raise Refusal("file.zip_bomb", name=entry.filename, size=size, limit=limit)


def _names(entries: list[zipfile.ZipInfo]) -> str:
    shown = [entry.filename for entry in entries[:5]]
    return "、".join(shown) + ("…" if len(entries) > 5 else "")
