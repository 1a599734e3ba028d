"""Pages are drawn fast and still say what they should: words in place, texts escaped, pieces drawn once."""

from __future__ import annotations

import pytest
from sqlalchemy import update

import translations
from blueprints.shared.templating import _drawn, piece
from models import audit
from models.db import direct_transaction, reading, transaction
from models.declaration import WageRow
from services.declarations import get_own
from tests.factories import actor
from tests.integration.way import audited, list_rows


@pytest.fixture
def open_id(way) -> int:
    return way.started()


def test_what_a_person_is_called_never_becomes_markup(wang, open_id):
    row = list_rows(open_id)[0]
    hostile = "<b>%s 王\x01name\x02&"
    with transaction() as session:
        session.connection().execute(update(WageRow).where(WageRow.id == row.id).values(name=hostile))
    page = wang.get(f"/wages/{open_id}/rows").text
    assert "&lt;b&gt;%s 王" in page
    assert "<b>%s" not in page
    answer = wang.save_wage(row.id, '"><i>五千')
    assert answer.status == 422
    assert 'value="&#34;&gt;&lt;i&gt;五千"' in answer.text


def test_a_constant_percent_sign_is_written_once(wang, open_id):
    page = wang.get(f"/wages/{open_id}/rows").text
    assert "变动超过 30%<" in page
    assert "%%" not in page


def test_each_locale_has_templates_of_its_own(app):
    with app.test_request_context("/"):
        chinese = app.jinja_env.get_template("components/menu.html")
        assert app.jinja_env.get_template("components/menu.html") is chinese
        translations.use("xx")
        try:
            assert app.jinja_env.get_template("components/menu.html") is not chinese
        finally:
            translations.use("zh_CN")


def test_a_piece_is_drawn_once_for_the_same_values(app):
    with app.test_request_context("/"):
        _drawn.cache_clear()
        first = piece("components/menu.html", "menu", "operator", "home.index")
        assert piece("components/menu.html", "menu", "operator", "home.index") is first
        assert 'aria-current="page"' in first
        assert piece("components/menu.html", "menu", "operator", "wages.rows") != first


def test_a_direct_transaction_that_fails_leaves_no_trace(world, clock):
    clerk = actor("wang")
    with pytest.raises(LookupError), direct_transaction() as source:
        audit.record(source, clerk, "tried", "nothing", None, clock())
        raise LookupError
    with direct_transaction() as source:
        audit.record(source, clerk, "done", "nothing", None, clock())
    assert audited("tried") == []
    assert len(audited("done")) == 1


def test_what_was_read_belongs_to_no_session(open_id):
    with reading() as session:
        declaration = get_own(session, actor("wang"), open_id)
        assert declaration not in session
    assert declaration.started_at.tzinfo is not None
