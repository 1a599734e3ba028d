"""The one place where all parts meet: ``create_app()``, the command line, the error pages."""

from __future__ import annotations

import hashlib
import logging
import sys
import uuid
from collections.abc import Callable
from dataclasses import astuple
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
from flask import Flask, make_response, render_template, request
from flask_compress import Compress
from flask_wtf.csrf import CSRFError, CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import text
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, ValidationError
from werkzeug.wrappers import Response

import settings as settings_module
from blueprints.auth import auth
from blueprints.auth.browser import install_browser_check
from blueprints.bureau import bureau
from blueprints.filings import filings
from blueprints.home import home
from blueprints.levies import levies
from blueprints.personnel import personnel
from blueprints.projects import projects
from blueprints.shared.downloads import install_downloads
from blueprints.shared.guards import FORM_BYTES, install_gate, public
from blueprints.shared.menu import install_menu
from blueprints.shared.pages import address, install_addresses, install_headers, is_partial
from blueprints.shared.sentences import sentence
from blueprints.shared.sessions import DatabaseSessions, csrf_token
from blueprints.shared.templating import install_templates
from blueprints.shared.words import install_words
from blueprints.units import units
from blueprints.wages import wages
from cert.demo import PIN
from cert.fetch import ocsp_client
from cert.folder import TrustFolder
from cert.seal import Seal
from documents.limits import Limits
from documents.mail import MailServer
from documents.store import Store
from jobs.queue import open_queue
from jobs.tasks import make_refresher, make_rounds, make_runner
from jobs.worker import make_waker, work
from models import db
from models.db import reading
from rules.duties import BUSINESS, DUTIES
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from services.accounts import set_account
from services.audit_chain import Verdict, as_file, read_checkpoint, seal_head, verify
from services.demo import demo_accounts, fill_demo, make_demo_ca
from services.demo_levies import fill_levies
from services.demo_requests import fill_requests
from services.policies import Policy, find_policy, set_policy
from services.revocation_lists import list_states, load_list
from settings import Settings

log = logging.getLogger("wangting")
Clock = Callable[[], datetime]


class WholeNumber(IntegerConverter):
    """``<int:…>`` in an address: a number that no database can hold leads nowhere, as one that nobody has does."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        """The number; raises ``ValidationError``, which the router answers with 404."""
        number = whole_number(value)
        if number is None:
            raise ValidationError
        return number


def region_clock(settings: Settings) -> Clock:
    """The present moment on the region's clock; its date is the date that the law means."""
    zone = timezone(timedelta(hours=settings.time_zone_hours))
    return lambda: datetime.now(zone)


def upload_limits(settings: Settings) -> Limits:
    """The limits of uploads as configured."""
    return Limits(
        upload_bytes=settings.upload_bytes, expanded_bytes=settings.upload_bytes, lines=settings.upload_lines
    )


def open_trust(settings: Settings) -> TrustFolder:
    """The certificates and lists that this hall trusts, as configured."""
    ocsp = ocsp_client(settings.responders) if settings.responders else None
    return TrustFolder(settings.trust_folder, settings.crl_fail_closed, ocsp)


def mail_server(settings: Settings) -> MailServer | None:
    """The mail server that is configured, if one is."""
    if not settings.smtp_host:
        return None
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_from,
        settings.smtp_tls,
        settings.smtp_user,
        settings.smtp_password,
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
        SEAL=Seal(settings_module.seal_key(settings)),
        CLOCK=clock or region_clock(settings),
        TRUST=open_trust(settings),
        STORE=Store(settings.data / "files"),
        LIMITS=upload_limits(settings),
        MAIL=mail_server(settings),
        WAKE=wake or make_waker(open_queue(settings.url, settings.data)),
        MAX_CONTENT_LENGTH=settings.upload_bytes + 2**20,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        COMPRESS_MIN_SIZE=300,
        COMPRESS_LEVEL=4,
    )
    app.session_interface = DatabaseSessions()
    app.url_map.converters["int"] = WholeNumber
    app.wsgi_app = _behind_proxies(app, settings.proxies)  # type: ignore[method-assign]
    _install(app)
    for blueprint in (auth, home, levies, wages, personnel, units, projects, filings, bureau):
        app.register_blueprint(blueprint)
    _register_health(app)
    _register_errors(app)
    return app


def _install(app: Flask) -> None:
    install_templates(app)
    Htmx(app)
    install_browser_check(app)
    install_gate(app)
    CSRFProtect(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    # Registered before Compress, so it runs after it and sees the final answer.
    install_headers(app)
    install_addresses(app)
    install_downloads(app)
    Compress(app)
    app.view_functions["static"] = public(app.view_functions["static"])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["attachment_bytes"] = app.config["SETTINGS"].attachment_bytes
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
        if request.mimetype == "multipart/form-data" and request.content_length and not request.form:
            # Something on the way cut the body short and sent the rest on as if it were whole.
            return refused(Refusal("upload.broken"))
        return render_template("errors/stale.html", back=request.referrer), 400

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(error: RequestEntityTooLarge) -> tuple[str, int]:
        limit, size = app.config["LIMITS"].upload_bytes, request.content_length or 0
        # A form without a file has a limit of its own, far below that of files.
        is_file = request.mimetype == "multipart/form-data" and size > limit
        code = "upload.too_large" if is_file else "form.too_large"
        message = sentence(Refusal(code, size=size, limit=limit))
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
    if settings.demo:
        make_demo_ca(settings.demo_ca, settings.trust_folder, region_clock(settings)())
    address = f"http://{settings.host}:{settings.port}"
    click.echo(f"\n  网厅 Wangting  {address}\n")
    if settings.demo:
        for place, username, password in demo_accounts():
            click.echo(f"  {username:<12} {password:<14} {place}")
        click.echo(f"\n  UKey PIN: {PIN}   ({settings.demo_ca / 'units'})\n")
    db.disconnect()
    sys.exit(supervise(settings))


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest shape."""
    _prepare(fill=False)


@main.command()
@click.option("--socket", "descriptor", type=int, help="listen on this inherited socket")
@click.option("--certificate-socket", "certificates", type=int, help="the same for nginx's mutual TLS")
@click.option("--core", type=int, help="stay on this processor core")
def web(descriptor: int | None, certificates: int | None, core: int | None) -> None:
    """Serve the application in this process only."""
    from deploy.supervisor import serve

    settings = _configure()
    db.connect(settings.url)
    serve(create_app(settings), settings, descriptor, core, certificates)


@main.command()
@click.argument("username")
@click.option("--name", prompt=True, help="the person's name, as the hall shows it")
@click.option("--region", prompt=True, help="code of the region, such as 230000")
@click.option("--unit", help="number of the unit; without it the account is a reviewer's")
@click.option("--duty", "duties", multiple=True, type=click.Choice(DUTIES), help="a new reviewer's duty")
@click.password_option()
def account(
    username: str, name: str, region: str, unit: str | None, duties: tuple[str, ...], password: str
) -> None:
    """Make an account, or give it a new password."""
    settings = _prepare(fill=False)
    try:
        is_new = set_account(
            username, name, password, region, unit, region_clock(settings)(), duties=duties or BUSINESS
        )
    except Refusal as refusal:
        raise click.ClickException(sentence(refusal)) from None
    click.echo(f"{username}: {'made' if is_new else 'new password set'}")


@main.command("crl")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def crl_command(file: Path) -> None:
    """Load a list of revoked certificates (注销名单, DER or PEM), if a CA that is trusted signed it."""
    try:
        loaded = load_list(open_trust(_configure()), file)
    except Refusal as refusal:
        raise click.ClickException(sentence(refusal)) from None
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(loaded.revoked)} revoked, as of {loaded.this_update:%Y-%m-%d %H:%M} UTC")


@main.command("trust")
def trust_command() -> None:
    """Show the trusted CAs, their lists and whatever is wrong with them; exit code 1 if anything is."""
    settings = _configure()
    now = region_clock(settings)()
    try:
        states = list_states(open_trust(settings), now)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for state in states:
        click.echo(f"{state.rank:<12} {state.issuer}, until {state.not_after:%Y-%m-%d}")
        if state.crl is not None:
            until = f"{state.crl.next_update:%Y-%m-%d %H:%M}" if state.crl.next_update else "no nextUpdate"
            click.echo(f"{'':<12} list: {len(state.crl.revoked)} revoked, next: {until} UTC")
        for problem in state.problems:
            click.echo(f"{'':<12} PROBLEM: {problem}")
    sys.exit(any(state.problems for state in states))


@main.command()
@click.argument("region")
@click.option("--write", help='factors for any change, such as "ca password"; "" for any sign-in')
@click.option("--submit", help="factors needed besides for 申报")
@click.option("--signed/--unsigned", "signs", default=None, help="申报 is signed with the UKey")
@click.option("--opening/--no-opening", "opening", default=None, help="units open their 险种 first")
def policy(
    region: str, write: str | None, submit: str | None, signs: bool | None, opening: bool | None
) -> None:
    """Show a region's sign-in policy, or change what is given (docs/login-policy.md)."""
    settings = _prepare(fill=False)
    try:
        found = find_policy(region)
        wishes = zip(astuple(found), (write, submit, signs, opening), strict=True)
        wanted = Policy(*(old if wish is None else wish for old, wish in wishes))
        if wanted != found:
            found = set_policy(region, *astuple(wanted), region_clock(settings)())
    except Refusal as refusal:
        raise click.ClickException(sentence(refusal)) from None
    click.echo(f"write    {found.write_needs or 'any sign-in'}")
    click.echo(f"submit   {found.submit_needs or 'nothing more'}")
    click.echo(f"signed   {'yes' if found.signs_submission else 'no'}")
    click.echo(f"opening  {'yes' if found.needs_opening else 'no'}")


@main.group("audit")
def audit_group() -> None:
    """The audit trail's chain: verify it, and sign where it stands (docs/adr/0014)."""
    db.connect(_configure().url)


@audit_group.command("verify")
@click.option("--checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def audit_verify(checkpoint: Path | None) -> None:
    """Walk the whole chain, and name the first broken link; exit code 1 if there is one.

    With a checkpoint that was kept outside, a chain that was cut off or rewritten as a whole is found, too.
    """
    public_key = Seal(settings_module.seal_key(settings_module.load())).public_key
    try:
        outside = read_checkpoint(checkpoint.read_bytes(), public_key) if checkpoint else None
    except Refusal as refusal:
        raise click.ClickException(sentence(refusal)) from None
    _say(verify(outside=outside))


@audit_group.command("checkpoint")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def audit_checkpoint(file: Path) -> None:
    """Walk the chain from the last checkpoint on, sign its end, and write the new checkpoint to FILE."""
    settings = settings_module.load()
    made, verdict = seal_head(Seal(settings_module.seal_key(settings)), region_clock(settings)())
    if made is not None:
        file.write_bytes(as_file(made).to_file())
    _say(verdict)


def _say(verdict: Verdict) -> None:
    """What a walk found, for an operator and for a monitor."""
    broken = verdict.broken
    if broken is None:
        click.echo(f"whole: {verdict.reached.seq} events, the last is {verdict.reached.digest}")
        return
    until = f" to {broken.until}" if broken.until > broken.seq else ""
    click.echo(f"BROKEN: {broken.code}, event {broken.seq}{until}; whole up to {verdict.reached.seq}")
    sys.exit(1)


@main.command()
def worker() -> None:
    """Run background jobs in this process only."""
    from deploy.supervisor import leave

    settings = _configure()
    db.connect(settings.url)
    clock = region_clock(settings)
    runner = make_runner(Store(settings.data / "files"), upload_limits(settings), clock)
    queue = open_queue(settings.url, settings.data)
    refresh = make_refresher(open_trust(settings), settings.crl_addresses.split(), clock)
    rounds = make_rounds(mail_server(settings), settings.notice_days, clock)
    work(queue, runner, settings.worker_threads, rounds, refresh, max(settings.crl_hours, 1) * 3600)
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
        now = region_clock(settings)()
        fill_demo(now)
        fill_requests(Store(settings.data / "files"), now)
        fill_levies(now)
    return settings


if __name__ == "__main__":
    main()
