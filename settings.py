"""Every setting of the product, read once from the environment; docs/settings.md explains each."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

PREFIX = "WANGTING_"
SHORTEST_NOTICE_DAYS = 60
"""A notice that is forgotten before what it warned of has come would be told again."""


@dataclass(frozen=True)
class Settings:
    """Values as the environment gave them, or their defaults. Sizes are bytes, times seconds."""

    port: int = 8000
    host: str = "127.0.0.1"
    data: Path = Path("data")
    database_url: str = ""
    secret_key: str = ""
    seal_key: str = ""
    web_processes: int = 0
    web_threads: int = 4
    worker_threads: int = 2
    idle_minutes: int = 30
    take_minutes: int = 30
    secure_cookie: bool = False
    proxies: int = 0
    demo: bool = True
    demo_agent: bool = True
    upload_bytes: int = 50 * 2**20
    upload_lines: int = 200_000
    batch_lines: int = 2_000
    attachment_bytes: int = 5 * 2**20
    time_zone_hours: int = 8
    licence_issuer: str = ""
    licence_client_id: str = ""
    licence_client_secret: str = ""
    licence_uscc_claim: str = "uscc"
    tls_socket: str = ""
    ukey_agent: str = "http://127.0.0.1:10089"
    ukey_jit: str = "http://127.0.0.1:10086/ https://127.0.0.1:10087/"
    ukey_bjca: str = "ws://127.0.0.1:21051/xtxapp/ wss://127.0.0.1:21061/xtxapp/"
    ukey_downloads: str = ""
    trust: str = ""
    crl_addresses: str = ""
    crl_hours: int = 6
    crl_fail_closed: bool = True
    ocsp: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "starttls"
    smtp_from: str = ""
    notice_days: int = 400
    log_level: str = "INFO"

    @property
    def url(self) -> str:
        """The database to open: the configured one, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'wangting.db'}"

    @property
    def trust_folder(self) -> Path:
        """The certificates and lists that this hall trusts (``cert.trust.load_trust``)."""
        return Path(self.trust) if self.trust else self.data / "trust"

    @property
    def demo_ca(self) -> Path:
        """The folder of the demo CA, with the sample units' keys."""
        return self.data / "demo-ca"

    @property
    def responders(self) -> dict[str, str]:
        """The OCSP responder of each issuer's name; raises ``ValueError`` for what is no name=address."""
        pairs = [pair.strip() for pair in self.ocsp.split(";") if pair.strip()]
        found = {}
        for pair in pairs:
            # A name may hold an equals sign; an address begins with its scheme.
            name, _, address = pair.rpartition("=http")
            if not name:
                raise ValueError(f"{variable('ocsp')}: {pair!r} is not like name=http://address")
            found[name.strip()] = f"http{address.strip()}"
        return found

    @property
    def processes(self) -> int:
        """How many web processes serve: as configured, or one a core."""
        return self.web_processes or os.cpu_count() or 1


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment; raises ``ValueError`` naming the setting that cannot be read."""
    values: dict[str, object] = {}
    for field in fields(Settings):
        name = variable(field.name)
        text = environ.get(name, "").strip()
        if text:
            values[field.name] = _read(name, text, type(field.default))
    settings = Settings(**values)  # type: ignore[arg-type]
    _ = settings.responders
    _check_mail(settings)
    return settings


def _check_mail(settings: Settings) -> None:
    if settings.smtp_tls not in ("starttls", "tls", "none"):
        raise ValueError(f"{variable('smtp_tls')}={settings.smtp_tls!r} is not starttls, tls or none")
    if settings.smtp_host and "@" not in settings.smtp_from:
        raise ValueError(f"{variable('smtp_from')}={settings.smtp_from!r} is no address to send from")
    if settings.notice_days < SHORTEST_NOTICE_DAYS:
        raise ValueError(f"{variable('notice_days')} is at least {SHORTEST_NOTICE_DAYS}")


def variable(field_name: str) -> str:
    """The environment variable of a field; ``PORT`` keeps the name that hosting services give it."""
    return "PORT" if field_name == "port" else PREFIX + field_name.upper()


def _read(name: str, text: str, kind: type) -> object:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                text.lower()
            ]
        return Path(text) if issubclass(kind, Path) else kind(text)
    except (KeyError, ValueError):
        raise ValueError(f"{name}={text!r} cannot be read as {kind.__name__}") from None


def secret_key(settings: Settings) -> str:
    """The key that signs CSRF tokens: configured, or made once and kept in the data folder."""
    return settings.secret_key or _kept(settings, "secret")


def seal_key(settings: Settings) -> str:
    """The key that signs checkpoints of the audit trail (``cert.seal``), 64 hex digits: the same way."""
    return settings.seal_key or _kept(settings, "seal")


def _kept(settings: Settings, name: str) -> str:
    kept = settings.data / f"{name}.key"
    if not kept.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        # Two processes may start at once: the first link wins, both read what it wrote.
        fresh = settings.data / f"{name}.{os.getpid()}"
        fresh.write_text(secrets.token_hex(32))
        fresh.chmod(0o600)
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text()
