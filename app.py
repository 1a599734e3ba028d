"""The one place where all parts meet: ``create_app()``, the command line, the error pages."""

from __future__ import annotations

import hashlib
import logging
import sys
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
from flask import Flask, g, make_response, render_template, request, url_for
from flask_compress import Compress
from flask_wtf.csrf import CSRFError, CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import text
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

import settings as settings_module
from blueprints.auth import auth
from blueprints.bureau import bureau
from blueprints.home import home
from blueprints.shared.guards import install_gate, public
from blueprints.shared.menu import install_menu
from blueprints.shared.pages import address, install_addresses, install_headers, is_partial, send_to
from blueprints.shared.sentences import sentence
from blueprints.shared.sessions import DatabaseSessions, csrf_token
from blueprints.shared.templating import install_templates
from blueprints.shared.words import install_words
from blueprints.wages import filings, wages
from documents.limits import Limits
from documents.store import Store
from jobs.queue import open_queue
from jobs.tasks import make_runner
from jobs.worker import make_waker, work
from models import db
from models.db import reading
from rules.refusals import Conflict, Missing, Refusal
from services.accounts import set_account
from services.demo import demo_accounts, fill_demo
from settings import Settings

log = logging.getLogger("wangting")
Clock = Callable[[], datetime]


def region_clock(settings: Settings) -> Clock:
    """The present moment on the region's clock; its date is the date that the law means."""
    zone = timezone(timedelta(hours=settings.time_zone_hours))
    return lambda: datetime.now(zone)


def upload_limits(settings: Settings) -> Limits:
    """The limits of uploads as configured."""
    return Limits(
        upload_bytes=settings.upload_bytes, expanded_bytes=settings.upload_bytes, lines=settings.upload_lines
    )


def create_app(
    settings: Settings | None = None, clock: Clock | None = None, wake: Callable[[int], None] | None = None
) -> Flask:
    """The web application; the database that ``models.db.connect`` opened is the one it uses.

    ``clock`` and ``wake`` (announce a job's number) are arguments so that tests can be the judge of time.
    """
    settings = settings or settings_module.load()
    app = Flask("wangting", root_path=str(Path(__file__).parent))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings_module.secret_key(settings),
        CLOCK=clock or region_clock(settings),
        STORE=Store(settings.data / "files"),
        LIMITS=upload_limits(settings),
        WAKE=wake or make_waker(open_queue(settings.url, settings.data)),
        MAX_CONTENT_LENGTH=settings.upload_bytes + 2**20,
        MAX_FORM_MEMORY_SIZE=4 * 2**20,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        COMPRESS_MIN_SIZE=300,
        COMPRESS_LEVEL=4,
    )
    app.session_interface = DatabaseSessions()
    app.wsgi_app = _behind_proxies(app, settings.proxies)  # type: ignore[method-assign]
    _install(app)
    for blueprint in (auth, home, wages, filings, bureau):
        app.register_blueprint(blueprint)
    _register_health(app)
    _register_errors(app)
    return app


def _install(app: Flask) -> None:
    install_templates(app)
    Htmx(app)
    install_gate(app)
    CSRFProtect(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    # Registered before Compress, so it runs after it and sees the final answer.
    install_headers(app)
    install_addresses(app)
    Compress(app)
    app.view_functions["static"] = public(app.view_functions["static"])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = _asset_address(app)
    install_words(app)
    install_menu(app)


def _behind_proxies(app: Flask, proxies: int) -> Callable[..., object]:
    """Believe the headers of as many proxies as are configured to stand in front, and of no more."""
    return ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies) if proxies else app.wsgi_app


def _asset_address(app: Flask) -> Callable[[str], str]:
    """Addresses of static files that change with their content, so that browsers may keep them for ever."""
    kept: dict[str, str] = {}

    def asset(filename: str) -> str:
        if filename not in kept:
            content = (Path(app.static_folder or "") / filename).read_bytes()
            kept[filename] = hashlib.sha256(content).hexdigest()[:10]
        return address("static", filename=filename, v=kept[filename])

    return asset


def _register_health(app: Flask) -> None:
    @app.get("/healthz")
    @public
    def healthz() -> Response:
        """Whether this process and its database answer."""
        with reading() as session:
            session.execute(text("SELECT 1"))
        return Response("ok\n", mimetype="text/plain")


def _register_errors(app: Flask) -> None:
    @app.errorhandler(Missing)
    def missing(error: Missing) -> tuple[str, int]:
        return render_template("errors/not_found.html"), 404

    @app.errorhandler(404)
    def not_found(error: HTTPException) -> tuple[str, int]:
        return render_template("errors/not_found.html"), 404

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        """A refusal that no view put beside its field: one sentence, and the way back."""
        status = 409 if isinstance(error, Conflict) else 422
        template = "errors/_refused.html" if is_partial() else "errors/refused.html"
        response = make_response(
            render_template(template, message=sentence(error), back=request.referrer), status
        )
        if is_partial():
            # Beside the page, not in place of what asked: what was typed stays where it is.
            response.headers["HX-Retarget"] = "#refusal"
            response.headers["HX-Reswap"] = "innerHTML"
        return response

    @app.errorhandler(CSRFError)
    def stale_page(error: CSRFError) -> tuple[str, int] | Response:
        if g.get("actor") is None and request.endpoint != "auth.sign_in":
            return send_to(url_for("auth.sign_in"), status=401)
        return render_template("errors/stale.html", back=request.referrer), 400

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(error: RequestEntityTooLarge) -> tuple[str, int]:
        limit = app.config["LIMITS"].upload_bytes
        message = sentence(Refusal("upload.too_large", size=request.content_length or 0, limit=limit))
        return render_template("errors/refused.html", message=message, back=request.referrer), 413

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> tuple[str, int]:
        return render_template("errors/not_found.html"), error.code or 500

    @app.errorhandler(Exception)
    def bug(error: Exception) -> tuple[str, int]:
        """Our own mistake: logged under a number that the clerk can read to support."""
        number = uuid.uuid4().hex[:8]
        log.exception("request %s failed: %s %s", number, request.method, request.endpoint)
        return render_template("errors/bug.html", number=number), 500


# The command line ---------------------------------------------------------------------------------


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Wangting 网厅. Without a command: migrate, fill the demo data, serve, and run the worker."""
    if context.invoked_subcommand is None:
        context.invoke(run)


@main.command()
def run() -> None:
    """Migrate, fill the demo data on the first start, serve, and keep the worker alive."""
    from deploy.supervisor import supervise

    settings = _prepare()
    address = f"http://{settings.host}:{settings.port}"
    click.echo(f"\n  网厅 Wangting  {address}\n")
    if settings.demo:
        for place, username, password in demo_accounts():
            click.echo(f"  {username:<12} {password:<14} {place}")
        click.echo("")
    db.disconnect()
    sys.exit(supervise(settings))


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest shape."""
    _prepare(fill=False)


@main.command()
@click.option("--socket", "descriptor", type=int, help="listen on this inherited socket")
@click.option("--core", type=int, help="stay on this processor core")
def web(descriptor: int | None, core: int | None) -> None:
    """Serve the application in this process only."""
    from deploy.supervisor import serve

    settings = _configure()
    db.connect(settings.url)
    serve(create_app(settings), settings, descriptor, core)


@main.command()
@click.argument("username")
@click.option("--name", prompt=True, help="the person's name, as the hall shows it")
@click.option("--region", prompt=True, help="code of the region, such as 230000")
@click.option("--unit", help="number of the unit; without it the account is a reviewer's")
@click.password_option()
def account(username: str, name: str, region: str, unit: str | None, password: str) -> None:
    """Make an account, or give it a new password."""
    settings = _prepare(fill=False)
    try:
        is_new = set_account(username, name, password, region, unit, region_clock(settings)())
    except Refusal as refusal:
        raise click.ClickException(sentence(refusal)) from None
    click.echo(f"{username}: {'made' if is_new else 'new password set'}")


@main.command()
def worker() -> None:
    """Run background jobs in this process only."""
    from deploy.supervisor import leave

    settings = _configure()
    db.connect(settings.url)
    clock = region_clock(settings)
    runner = make_runner(Store(settings.data / "files"), upload_limits(settings), clock)
    queue = open_queue(settings.url, settings.data)
    work(queue, runner, settings.worker_threads)
    leave()


def _configure() -> Settings:
    settings = settings_module.load()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Every busy moment would be a line of its own.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("huey").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings.data.mkdir(parents=True, exist_ok=True)
    return settings


def _prepare(*, fill: bool = True) -> Settings:
    # Alembic takes a while to load, and the processes that only serve have no use for it.
    from models import migrate

    settings = _configure()
    engine = db.connect(settings.url)
    migrate.upgrade(engine)
    settings_module.secret_key(settings)
    if fill and settings.demo:
        fill_demo(region_clock(settings)())
    return settings


if __name__ == "__main__":
    main()
