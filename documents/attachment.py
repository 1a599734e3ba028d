"""A file that goes with a request: what it is by its own first bytes, never by its name."""

from __future__ import annotations

from rules.refusals import Refusal

# (first bytes, media type, suffix)
_KINDS = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
)
# How each kind ends; what an upload cut short lacks. Programs add a few bytes after it.
_ENDS = {"application/pdf": b"%%EOF", "image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82"}
_TAIL = 2048


def attachment_type(data: bytes, limit: int) -> tuple[str, str]:
    """Media type and suffix of a pdf, jpg or png of at most ``limit`` bytes.

    Raises ``Refusal`` ``attachment.empty``, ``attachment.too_large``, ``attachment.kind``, ``attachment.damaged``.
    """
    if not data:
        raise Refusal("attachment.empty", "file")
    if len(data) > limit:
        raise Refusal("attachment.too_large", "file", size=len(data), limit=limit)
    for first, media_type, suffix in _KINDS:
        if data.startswith(first):
            if _ENDS[media_type] not in data[-_TAIL:]:
                raise Refusal("attachment.damaged", "file")
            return media_type, suffix
    raise Refusal("attachment.kind", "file")
