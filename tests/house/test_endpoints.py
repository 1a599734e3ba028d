"""Every endpoint states who may enter, stands in this table, and keeps to it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from blueprints.shared.guards import access_of, duties_of
from models.account import RIGHTS, Account
from models.db import transaction
from rules.duties import ALONE, BUSINESS
from tests.factories import NORTH, make_account
from tests.integration.clerk import HTMX, Clerk

# endpoint: (who may enter, methods)
TABLE = {
    "auth.act": ("signed_in", "POST"),
    "auth.ca": ("public", "GET POST"),
    "auth.ca_choice": ("public", "GET POST"),
    "auth.ca_mismatch": ("public", "GET POST"),
    "auth.certificate": ("operator", "GET"),
    "auth.delegations": ("admin", "GET"),
    "auth.delegations_end": ("signed_in", "GET POST"),
    "auth.delegations_new": ("admin", "GET POST"),
    "auth.licence": ("public", "GET POST"),
    "auth.licence_back": ("public", "GET"),
    "auth.licence_start": ("public", "GET"),
    "auth.mandates": ("signed_in", "GET"),
    "auth.operators": ("admin", "GET"),
    "auth.operators_bind": ("admin", "POST"),
    "auth.operators_close": ("admin", "GET POST"),
    "auth.operators_new": ("admin", "GET POST"),
    "auth.operators_password": ("admin", "POST"),
    "auth.operators_reopen": ("admin", "POST"),
    "auth.operators_rights": ("admin", "POST"),
    "auth.operators_show": ("admin", "GET"),
    "auth.operators_unbind": ("admin", "POST"),
    "auth.password": ("signed_in", "GET POST"),
    "auth.resume": ("signed_in", "GET POST"),
    "auth.sign_in": ("public", "GET POST"),
    "auth.sign_out": ("signed_in", "POST"),
    "auth.tls": ("public", "GET"),
    "bureau.announcement": ("reviewer", "GET POST"),
    "bureau.announcement_new": ("reviewer", "GET POST"),
    "bureau.announcements": ("reviewer", "GET"),
    "bureau.assessment_step": ("reviewer", "POST"),
    "bureau.assessments": ("reviewer", "GET"),
    "bureau.progress": ("reviewer", "GET"),
    "bureau.progress_export": ("reviewer", "POST"),
    "bureau.progress_remind": ("reviewer", "GET POST"),
    "bureau.progress_units": ("reviewer", "GET"),
    "bureau.window": ("reviewer", "GET POST"),
    "bureau.windows": ("reviewer", "GET POST"),
    "bureau.audit_chain": ("reviewer", "GET"),
    "bureau.audit_chain_step": ("reviewer", "POST"),
    "bureau.audit_checkpoint": ("reviewer", "POST"),
    "bureau.audit_event": ("reviewer", "GET"),
    "bureau.audit_export": ("reviewer", "POST"),
    "bureau.audits": ("reviewer", "GET"),
    "bureau.approve": ("reviewer", "GET POST"),
    "bureau.corrections": ("reviewer", "GET"),
    "bureau.decided": ("reviewer", "GET"),
    "bureau.delegation": ("reviewer", "GET POST"),
    "bureau.delegations": ("reviewer", "GET"),
    "bureau.index": ("reviewer", "GET"),
    "bureau.keep": ("reviewer", "POST"),
    "bureau.decide": ("reviewer", "POST"),
    "bureau.payment_book": ("reviewer", "POST"),
    "bureau.payment_check": ("reviewer", "GET"),
    "bureau.payment_file": ("reviewer", "GET"),
    "bureau.payments": ("reviewer", "GET POST"),
    "bureau.levies": ("reviewer", "GET"),
    "bureau.levy_run": ("reviewer", "GET"),
    "bureau.levy_start": ("reviewer", "POST"),
    "bureau.levy_step": ("reviewer", "POST"),
    "bureau.levy_summary": ("reviewer", "GET"),
    "bureau.levy_unit": ("reviewer", "GET POST"),
    "bureau.levy_units": ("reviewer", "GET"),
    "bureau.parameter_history": ("reviewer", "GET"),
    "bureau.parameter_new": ("reviewer", "GET POST"),
    "bureau.parameter_show": ("reviewer", "GET"),
    "bureau.parameter_step": ("reviewer", "POST"),
    "bureau.parameters": ("reviewer", "GET"),
    "bureau.project_charge": ("reviewer", "GET POST"),
    "bureau.project_charges": ("reviewer", "GET"),
    "bureau.put_back": ("reviewer", "POST"),
    "bureau.take": ("reviewer", "POST"),
    "bureau.take_next_one": ("reviewer", "POST"),
    "bureau.queue_views": ("reviewer", "POST"),
    "bureau.consent_back": ("reviewer", "POST"),
    "bureau.bulk": ("reviewer", "GET POST"),
    "bureau.send_back": ("reviewer", "GET POST"),
    "bureau.machinery": ("reviewer", "GET"),
    "bureau.staff": ("reviewer", "GET"),
    "bureau.staff_close": ("reviewer", "GET POST"),
    "bureau.staff_duties": ("reviewer", "POST"),
    "bureau.staff_new": ("reviewer", "GET POST"),
    "bureau.staff_password": ("reviewer", "POST"),
    "bureau.staff_reopen": ("reviewer", "POST"),
    "bureau.staff_show": ("reviewer", "GET"),
    "bureau.settle": ("reviewer", "POST"),
    "bureau.show": ("reviewer", "GET"),
    "filings.attach": ("operator", "POST"),
    "filings.attachment": ("signed_in", "GET"),
    "filings.cancel": ("operator", "GET POST"),
    "filings.copy": ("operator", "POST"),
    "filings.detach": ("operator", "POST"),
    "filings.drop": ("operator", "POST"),
    "filings.line": ("operator", "GET POST"),
    "filings.submit": ("operator", "GET POST"),
    "filings.withdraw": ("operator", "GET POST"),
    "filings.result": ("operator", "GET"),
    "levies.bases": ("operator", "GET"),
    "levies.bases_search": ("operator", "POST"),
    "levies.declare": ("operator", "GET"),
    "levies.declare_changes": ("operator", "GET"),
    "levies.declare_confirm": ("operator", "GET POST"),
    "levies.declare_why": ("operator", "GET"),
    "levies.dispute": ("operator", "GET POST"),
    "levies.export": ("operator", "GET"),
    "levies.filings": ("operator", "GET"),
    "levies.index": ("operator", "GET"),
    "levies.items": ("operator", "GET"),
    "levies.items_export": ("operator", "GET POST"),
    "levies.items_search": ("operator", "POST"),
    "levies.person": ("operator", "GET"),
    "levies.show": ("operator", "GET"),
    "levies.why": ("operator", "GET"),
    "levies.notice_month": ("operator", "GET"),
    "levies.notice_pdf": ("operator", "GET"),
    "levies.notice_sheet": ("operator", "GET"),
    "levies.notices": ("operator", "GET"),
    "personnel.change": ("operator", "GET POST"),
    "personnel.change_batch": ("operator", "GET POST"),
    "personnel.join_batch": ("operator", "GET POST"),
    "personnel.leave_batch": ("operator", "GET POST"),
    "personnel.people": ("operator", "GET"),
    "personnel.people_export": ("operator", "GET POST"),
    "personnel.people_search": ("operator", "POST"),
    "personnel.person": ("operator", "GET"),
    "personnel.person_number": ("operator", "GET POST"),
    "personnel.filings": ("operator", "GET"),
    "personnel.join": ("operator", "GET POST"),
    "personnel.leave": ("operator", "GET POST"),
    "filings.index": ("operator", "GET"),
    "filings.receipt": ("operator", "GET"),
    "filings.show": ("operator", "GET"),
    "filings.state": ("operator", "GET"),
    "filings.verify": ("public", "GET"),
    "healthz": ("public", "GET"),
    "home.index": ("signed_in", "GET"),
    "home.mail": ("operator", "GET POST"),
    "home.mail_confirm": ("operator", "POST"),
    "home.mail_stop": ("operator", "POST"),
    "home.notice": ("operator", "GET"),
    "home.notices": ("operator", "GET"),
    "home.notices_read": ("operator", "POST"),
    "home.opening": ("operator", "GET POST"),
    "projects.change": ("operator", "GET POST"),
    "projects.end": ("operator", "GET POST"),
    "projects.extend": ("operator", "GET POST"),
    "projects.index": ("operator", "GET"),
    "projects.price": ("operator", "GET POST"),
    "projects.register": ("operator", "GET POST"),
    "projects.roster": ("operator", "GET"),
    "projects.roster_add": ("operator", "GET POST"),
    "projects.roster_add_batch": ("operator", "GET POST"),
    "projects.show": ("operator", "GET"),
    "projects.filings": ("operator", "GET"),
    "units.change": ("operator", "GET POST"),
    "units.contact": ("operator", "GET POST"),
    "units.filings": ("operator", "GET"),
    "units.join": ("public", "GET POST"),
    "units.join_activate": ("public", "GET POST"),
    "units.join_attach": ("public", "POST"),
    "units.join_detach": ("public", "POST"),
    "units.join_edit": ("public", "GET POST"),
    "units.join_find": ("public", "GET POST"),
    "units.join_state": ("public", "GET"),
    "units.join_submit": ("public", "POST"),
    "units.join_withdraw": ("public", "POST"),
    "units.show": ("operator", "GET"),
    "static": ("public", "GET"),
    "wages.explain_late": ("operator", "POST"),
    "wages.backup": ("operator", "GET"),
    "wages.cancel": ("operator", "GET POST"),
    "wages.check": ("operator", "GET"),
    "wages.columns": ("operator", "GET"),
    "wages.confirm": ("operator", "POST"),
    "wages.decide_upload": ("operator", "POST"),
    "wages.difference": ("operator", "GET"),
    "wages.download": ("operator", "GET"),
    "wages.download_backup": ("operator", "GET"),
    "wages.figures_panel": ("operator", "GET"),
    "wages.index": ("operator", "GET"),
    "wages.keep_backup": ("operator", "POST"),
    "wages.keep_statement": ("operator", "POST"),
    "wages.notes": ("operator", "POST"),
    "wages.order_print": ("operator", "POST"),
    "wages.print_statement": ("operator", "GET"),
    "wages.prints": ("operator", "GET"),
    "wages.progress": ("operator", "GET"),
    "wages.refresh": ("operator", "POST"),
    "wages.repair": ("operator", "POST"),
    "wages.repair_all": ("operator", "POST"),
    "wages.restart": ("operator", "POST"),
    "wages.roster": ("operator", "GET"),
    "wages.rows": ("operator", "GET"),
    "wages.save": ("operator", "POST"),
    "wages.search": ("operator", "POST"),
    "wages.send_columns": ("operator", "POST"),
    "wages.send_signature": ("operator", "POST"),
    "wages.send_submission": ("operator", "POST"),
    "wages.send_upload": ("operator", "POST"),
    "wages.sign": ("operator", "GET"),
    "wages.start": ("operator", "POST"),
    "wages.statement": ("operator", "GET"),
    "wages.submit": ("operator", "GET"),
    "wages.upload": ("operator", "GET"),
    "wages.upload_result": ("operator", "GET"),
    "wages.uploads": ("operator", "GET"),
}
NUMBERS = {"kind": "zip", "filename": "css/wangting.css"}
ROLES = {"operator": "wang", "reviewer": "gao", "admin": "li"}
# What the bureau's people with business duties (gao) and those with one duty alone may is told by test_duties.
HANDS = {"reviewer": set(BUSINESS)} | {duty: {duty} for duty in ALONE}


def address(app: Flask, endpoint: str) -> str:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    with app.test_request_context():
        return app.url_for(endpoint, **{name: NUMBERS.get(name, 999) for name in rule.arguments})


def test_the_table_holds_every_endpoint_and_no_other(app):
    found = {}
    for rule in app.url_map.iter_rules():
        methods = set(found.get(rule.endpoint, ("", ""))[1].split()) | (
            (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )
        found[rule.endpoint] = (
            access_of(app.view_functions[rule.endpoint]),
            " ".join(sorted(methods)),
        )
    assert found == TABLE


def test_an_endpoint_that_states_nothing_lets_nobody_in(app):
    from app import create_app

    bare = create_app(app.config["SETTINGS"], wake=lambda job_id: None)
    bare.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = bare.test_client().get("/forgotten")
    assert answer.status_code == 500
    assert b"secret" not in answer.data


@pytest.fixture
def visitors(app, world) -> dict[str, Clerk]:
    with transaction() as session:
        session.connection().execute(update(Account).where(Account.username == "li").values(is_admin=True))
        # What an account may not is refused before its form is looked at: here everybody may everything.
        session.connection().execute(
            update(Account).where(Account.role == "operator").values(rights=" ".join(RIGHTS))
        )
    for duty in ALONE:
        make_account(duty, duty, NORTH, None, duty)
    found = {"anonymous": Clerk(app)}
    for role, username in (ROLES | {duty: duty for duty in ALONE}).items():
        found[role] = Clerk(app)
        found[role].sign_in(username)
    return found


def test_each_endpoint_lets_in_whom_the_table_names_and_nobody_else(app, visitors):
    for endpoint, (access, methods) in TABLE.items():
        where = address(app, endpoint)
        for method in methods.split():
            for who, clerk in visitors.items():
                if endpoint == "auth.sign_out" and who != "anonymous":
                    continue  # it would end the visit; test_auth proves it
                answer = clerk.http.open(where, method=method)
                # An administrator is an operator, too.
                roles = {"public", "signed_in", who} | ({"operator"} if who == "admin" else set())
                is_welcome = access in roles and not (access == "signed_in" and who == "anonymous")
                if access == "reviewer":
                    is_welcome = not HANDS.get(who, set()).isdisjoint(duties_of(app.view_functions[endpoint]))
                case = (endpoint, method, who, answer.status_code)
                if is_welcome:
                    # Past the gate: the record 999 does not exist, or the form lacks its token.
                    expected = 400 if method == "POST" else answer.status_code
                    assert answer.status_code == expected, case
                    assert access == "public" or "/login" not in answer.headers.get("Location", ""), case
                elif who == "anonymous":
                    assert answer.status_code == 303, case
                    assert answer.headers["Location"].startswith("/login"), case
                else:
                    assert answer.status_code == 404, case


def test_a_partial_without_a_session_is_401_with_the_way_to_sign_in(app, visitors):
    for endpoint, (access, methods) in TABLE.items():
        if access == "public":
            continue
        for method in methods.split():
            answer = visitors["anonymous"].http.open(address(app, endpoint), method=method, headers=HTMX)
            assert answer.status_code == 401, (endpoint, method)
            assert answer.headers["HX-Redirect"].startswith("/login"), endpoint
            assert answer.data == b""


def test_every_form_is_refused_without_its_token(app, visitors):
    for endpoint, (access, methods) in TABLE.items():
        if "POST" in methods:
            duties = set(duties_of(app.view_functions[endpoint]))
            who = next((one for one, held in HANDS.items() if held & duties), access)
            clerk = visitors.get(who, visitors["operator"])
            answer = clerk.http.post(address(app, endpoint), data={"csrf_token": "forged"})
            assert answer.status_code == 400, endpoint
