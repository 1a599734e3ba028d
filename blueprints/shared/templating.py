"""Templates compiled with their words in place: a page has a hundred constant words and asks for none of them."""

from __future__ import annotations

from collections.abc import Hashable, MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, request
from flask.templating import Environment
from jinja2 import Template, nodes
from markupsafe import Markup, escape

from blueprints.shared.words import page_word
from translations import locale


class SpokenTemplates(Environment):
    """Jinja's environment, once for each locale: ``{{ _("录入") }}`` becomes text when a template is compiled.

    Words with values in them, ``_("共 %(n)s 人", n=…)``, are looked up as the page is drawn, like everywhere.
    """

    def get_template(
        self, name: Any, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """The template in the locale of the running request."""
        spoken = self if self.overlayed else self._of(locale())
        return super(SpokenTemplates, spoken).get_template(name, parent, globals)

    def _of(self, name: str) -> SpokenTemplates:
        kept: dict[str, SpokenTemplates] = self.__dict__.setdefault("_by_locale", {})
        if name not in kept:
            kept[name] = self.overlay()
        return kept[name]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for output in tree.find_all(nodes.Output):
            output.nodes = [_spoken(node) for node in output.nodes]
        return tree


def _spoken(node: nodes.Expr) -> nodes.Expr:
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Name) or node.node.name != "_":
        return node
    if len(node.args) != 1 or node.kwargs or not isinstance(node.args[0], nodes.Const):
        return node
    return nodes.TemplateData(str(escape(page_word(node.args[0].value))), lineno=node.lineno)


def piece(template: str, macro: str, *values: Hashable) -> Markup:
    """A macro's text, drawn once for the same values: for pieces of a page that depend on nothing else."""
    return _drawn(current_app.jinja_env, locale(), request.script_root, template, macro, values)


@lru_cache(maxsize=1024)
def _drawn(
    environment: Environment,
    _locale: str,
    _root: str,
    template: str,
    macro: str,
    values: tuple[Hashable, ...],
) -> Markup:
    drawn: Markup = getattr(environment.get_template(template).module, macro)(*values)
    return drawn


def install_templates(app: Flask) -> None:
    """Let the app draw its pages with these; before anything touches ``app.jinja_env``."""
    app.jinja_environment = SpokenTemplates
    app.jinja_env.globals["piece"] = piece
