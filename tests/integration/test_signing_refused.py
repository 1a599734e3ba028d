"""Signatures that submit nothing: something changed in between, the wrong key, bent, late or spent."""

from __future__ import annotations

import base64

import pytest

from cert.check import Evidence, check_signature
from models.certificate import AccountCertificate, SnapshotSignature
from models.db import reading, transaction
from models.declaration import find_statement
from models.filing import Filing, Snapshot
from services.certificates import remember
from services.policies import set_policy
from tests.factories import CAP, FLOOR, NORTH, NOW, actor, set_bounds
from tests.integration.clerk import Clerk
from tests.integration.ukeys import fields_of, send_sheet, sheet_of, signature_of, signed_form
from tests.integration.way import audited, count, get_declaration


@pytest.fixture
def wang(hall, sign_in) -> Clerk:
    return sign_in("wang")


def nothing_was_submitted() -> bool:
    return (count(Filing), count(Snapshot), count(SnapshotSignature)) == (0, 0, 0)


# Changed in between ----------------------------------------------------------------------------------


def test_a_wage_changed_while_the_page_lay_open_is_a_conflict(wang, way, demo):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"])
    way.type_wage(declaration_id, 1, "61000", by="li")
    way.backed_up(declaration_id, by="li")
    page = send_sheet(wang, declaration_id, form)
    assert page.status == 409 and "确认期间数据有改动" in page.alert
    assert fields_of(page)["digest"] != form["digest"], "the page shows what would be signed now"
    assert nothing_was_submitted()


def test_a_statement_changed_in_between_is_a_conflict(wang, way, demo):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"])
    with reading() as session:
        version = find_statement(session, declaration_id).version
    way.stated(declaration_id, by="li", version=version, phone="0451-82600001")
    page = send_sheet(wang, declaration_id, form)
    assert page.status == 422 and "备份" in page.alert
    way.backed_up(declaration_id, by="li")
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"], digest=form["digest"])
    assert "不是为本页的操作签的" in send_sheet(wang, declaration_id, form).alert
    assert nothing_was_submitted()


def test_bounds_changed_in_between_are_a_conflict_although_the_list_is_the_same(wang, way, demo):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"])
    set_bounds(NORTH, "310", FLOOR + 10_000, CAP)
    page = send_sheet(wang, declaration_id, form)
    assert page.status == 409 and "确认期间数据有改动" in page.alert
    assert nothing_was_submitted() and get_declaration(declaration_id).state == "open"


# Signatures that do not count --------------------------------------------------------------------------


def test_the_key_of_another_unit_signs_nothing(wang, way, demo):
    declaration_id = way.ready()
    page = send_sheet(
        wang, declaration_id, signed_form(sheet_of(wang, declaration_id), demo.units[2].sign["RSA"])
    )
    assert page.status == 422
    assert "这张证书是“别家有限公司”的，不是“单位23000072”的" in page.alert
    assert nothing_was_submitted()
    assert audited("certificate_refused")[-1].after == {"code": "sign.other_unit"}


def test_a_key_bound_to_another_operator_signs_nothing(wang, way, demo, trust):
    declaration_id, holder = way.ready(), demo.units[0].sign["RSA"]
    evidence = Evidence(holder.der, signature_of(holder, "RSA", "x"), "raw")
    identity = check_signature(evidence, b"x", trust, NOW)
    remember(identity, NOW)
    li = actor("li").account_id
    with transaction() as session:
        session.add(
            AccountCertificate(account_id=li, certificate_digest=identity.digest, bound_by=li, bound_at=NOW)
        )
    page = send_sheet(wang, declaration_id, signed_form(sheet_of(wang, declaration_id), holder))
    assert page.status == 422 and "这张证书不能用于“王经办”的账户" in page.alert
    assert nothing_was_submitted()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signature": ""}, "没有收到签名"),
        ({"signature": base64.b64encode(bytes(256)).decode()}, "对不上"),
        ({"signature": "签名"}, "签名不完整"),
        ({"kind": "other"}, "签名方式不认识"),
        ({"certificate": "AAAA"}, "证书"),
        ({"digest": "0" * 64}, "不是为本页的操作签的"),
        ({"digest": ""}, "不是为本页的操作签的"),
        ({"challenge_id": "0" * 32}, "没有找到这次登录的记录"),
    ],
)
def test_what_is_bent_on_the_way_is_refused_with_its_sentence(wang, way, demo, changes, said):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"], **changes)
    page = send_sheet(wang, declaration_id, form)
    assert page.status == 422 and said in page.alert
    assert page.all("//form[@data-ukey]"), "and the page is there to sign again"
    assert nothing_was_submitted()


@pytest.mark.parametrize("revision", ["", "x", "-1", "²", "9" * 5000])
@pytest.mark.parametrize("where", ["sign", "submit"])
def test_a_damaged_form_is_refused(wang, way, revision, where):
    declaration_id = way.ready()
    page = wang.post(f"/wages/{declaration_id}/{where}", {"revision": revision})
    assert page.status == 422 and "页面内容不完整" in page.words
    assert nothing_was_submitted()


def test_a_question_that_is_over_and_one_of_another_browser_are_refused(wang, way, demo, sign_in, clock):
    declaration_id = way.ready()
    holder = demo.units[0].sign["RSA"]
    li = sign_in("li")
    theirs = signed_form(sheet_of(wang, declaration_id), holder)
    mine = fields_of(sheet_of(li, declaration_id))["csrf_token"]
    page = send_sheet(li, declaration_id, {**theirs, "csrf_token": mine})
    assert page.status == 422 and "没有找到" in page.alert
    clock.move(minutes=3, seconds=1)
    assert "超过了 3 分钟" in send_sheet(wang, declaration_id, theirs).alert
    assert nothing_was_submitted()


def test_a_signature_for_signing_in_does_not_submit_and_the_other_way_round(wang, way, demo):
    declaration_id, holder = way.ready(), demo.units[0].sign["RSA"]
    page = sheet_of(wang, declaration_id)
    ours = fields_of(page)
    # Somebody signed in sees the other page only when that factor is asked for.
    set_policy(NORTH, "ca", "", False, False, NOW)
    wang.post(f"/wages/{declaration_id}/backup")
    set_policy(NORTH, "", "", False, False, NOW)
    login = signed_form(wang.get("/login/ca"), holder)
    answer = send_sheet(wang, declaration_id, {**ours, **login})
    assert answer.status == 422 and "不是为本页的操作签的" in answer.alert
    form = signed_form(page, holder)
    answer = wang.post("/login/ca", form, token=form["csrf_token"])
    assert answer.status == 422 and "不是为本页的操作签的" in answer.alert
    assert nothing_was_submitted()


def test_a_spent_signature_does_not_submit_the_next_version(wang, way, run_jobs, demo):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"])
    send_sheet(wang, declaration_id, form)
    run_jobs()
    for number in (1, 2):
        way.send_back(number)
    page = send_sheet(wang, declaration_id, form)
    assert page.status == 422 and "已经用过" in page.alert
    assert count(Snapshot) == 1
    send_sheet(
        wang, declaration_id, signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["SM2"], "SM2")
    )
    assert (count(Snapshot), count(SnapshotSignature)) == (2, 2)
