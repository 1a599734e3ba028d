"""Step 7 with the UKey: 申报 signed over the digest of exactly what is submitted."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from blueprints.shared.ukey import browser_id, find_trust, origin, ukey_addresses, ukey_downloads
from blueprints.wages import wages
from blueprints.wages.finish import refused_status, seen_revision, sent, submit
from blueprints.wages.progress import overview
from cert.check import read_evidence
from cert.trust import Trust
from models.db import reading
from models.region import get_region
from rules.refusals import Refusal
from services.declarations import get_own
from services.signing import Answer, prepare_signature, submit_signed


# A factor that is lacking is asked for before the signature: its question would be over when the person is back.
@wages.get("/<int:declaration_id>/sign")
@operator_only
@needs("submit", to_read=True)
def sign(declaration_id: int) -> tuple[str, int]:
    """The figures, their digest, and a fresh question for the UKey to sign."""
    return _page(declaration_id)


@wages.post("/<int:declaration_id>/sign")
@operator_only
@needs("submit")
def send_signature(declaration_id: int) -> Response | tuple[str, int]:
    """申报, signed; a second press finds what the first one made."""
    form, revision = request.form, seen_revision()
    try:
        evidence = read_evidence(form.get("certificate", ""), form.get("signature", ""), form.get("kind", ""))
        number, digest = form.get("challenge_id", ""), form.get("digest", "")
        answer = Answer(number, evidence, digest, revision, browser_id(), origin())
        now = clock.now()
        return sent(*submit_signed(actor(), declaration_id, answer, _trust(), now))
    except Refusal as refusal:
        return _page(declaration_id, refusal)


def _page(declaration_id: int, refusal: Refusal | None = None) -> tuple[str, int]:
    """The page with a new question; the submit page where there is nothing to sign, or no way to check it."""
    try:
        _trust()
        now = clock.now()
        sheet = prepare_signature(actor(), declaration_id, browser_id(), origin(), now)
    except Refusal as found:
        return submit(declaration_id, sentence(refusal or found)), refused_status(refusal or found)
    with reading() as database:
        declaration = get_own(database, actor(), declaration_id)
        view = overview(database, declaration)
        is_signed_only = get_region(database, declaration.region_code).signs_submission
    page = render_template(
        "wages/sign.html",
        view=view,
        sheet=sheet,
        challenge={"id": sheet.challenge_id, "text": sheet.text},
        addresses=ukey_addresses(),
        downloads=ukey_downloads(),
        is_signed_only=is_signed_only,
        refused=sentence(refusal) if refusal else None,
    )
    return page, refused_status(refusal) if refusal else 200


def _trust() -> Trust:
    trust = find_trust()
    if trust is None:
        raise Refusal("sign.no_trust")
    return trust
