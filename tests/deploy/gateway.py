"""The real nginx with the real deploy/nginx.conf, its names and ports replaced, in front of a real product."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from cert.demo import PIN

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx") or next(filter(os.path.exists, ("/usr/sbin/nginx",)), None)
PATIENCE_S = 90

FRAME = """
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
{user}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hall.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Product:
    """``python app.py`` with the demo data, without its agent, behind proxies."""

    def __init__(self, folder: Path, **changes: str) -> None:
        self.folder, self.port, self.socket = folder, free_port(), folder / "tls.sock"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGTING_")}
        environment = {
            **kept,
            "PORT": str(self.port),
            "WANGTING_DATA": str(folder / "data"),
            "WANGTING_DEMO_AGENT": "no",
            "WANGTING_PROXIES": "1",
            "WANGTING_SECURE_COOKIE": "yes",
            "WANGTING_TLS_SOCKET": str(self.socket),
            "WANGTING_WEB_PROCESSES": "2",
            **changes,
        }
        self.log = folder / "product.log"
        with self.log.open("wb") as out:
            command = [sys.executable, str(ROOT / "app.py")]
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=folder)

    def wait(self) -> None:
        wait_until(self._is_up, self.process, self.log)

    def _is_up(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE_S).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0


@dataclass(frozen=True)
class Ports:
    """Where nginx listens in place of 80, 443 and 8443."""

    plain: int
    tls: int
    mutual: int


class Gateway:
    """nginx until ``stop``."""

    def __init__(self, folder: Path, product_port: int, product_socket: Path) -> None:
        assert NGINX, "CI must run the tests of mutual TLS, and there is no nginx"
        self.folder, self.ports = folder, Ports(free_port(), free_port(), free_port())
        make_server_certificate(folder)
        (folder / "hall.conf").write_text(adapted(folder, self.ports, product_port, product_socket))
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(FRAME.format(folder=folder, user=user))
        self.command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]

    def check(self) -> subprocess.CompletedProcess[str]:
        """``nginx -t``."""
        return subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)

    def start(self) -> None:
        self.process = subprocess.Popen([*self.command, "-g", "daemon off;"])

    def wait(self) -> None:
        log = self.folder / "error.log"
        wait_until(lambda: all(map(answers, vars(self.ports).values())), self.process, log)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0


def adapted(folder: Path, ports: Ports, product_port: int, product_socket: Path) -> str:
    """deploy/nginx.conf with other ports, names and paths; each replacement must find its place."""
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    for pattern, put, times in (
        (r"listen 443 ssl", f"listen 127.0.0.1:{ports.tls} ssl", 1),
        (r"listen 8443 ssl", f"listen 127.0.0.1:{ports.mutual} ssl", 1),
        (r"listen 80;", f"listen 127.0.0.1:{ports.plain};", 1),
        (r"https://\$host:8443", f"https://$host:{ports.mutual}", 1),
        (r"https://\$host\$", f"https://$host:{ports.tls}$", 2),
        (r"Forwarded-Host \$host", f"Forwarded-Host $host:{ports.tls}", 2),
        (r"server 127\.0\.0\.1:8000", f"server 127.0.0.1:{product_port}", 1),
        (r"unix:/run/wangting/tls\.sock", f"unix:{product_socket}", 1),
        (r"/etc/ssl/wangting\.", f"{folder}/server.", 4),
        (r"wangting\.example\.gov\.cn", "localhost", 3),
    ):
        text, found = re.subn(pattern, put, text)
        assert found == times, pattern
    return text


def make_server_certificate(folder: Path) -> None:
    """One of nginx's own, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    content = self_signed("localhost", key)
    (folder / "server.pem").write_bytes(content)
    (folder / "server.key").write_bytes(unlocked(key))


def self_signed(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    now = datetime.now(UTC)
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), True)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def unlocked(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def pem_of(key_file: Path, folder: Path) -> str:
    """A demo key's PKCS #12 as the PEM file that TLS clients read."""
    key, certificate, _ = pkcs12.load_key_and_certificates(key_file.read_bytes(), PIN.encode())
    assert certificate is not None
    target = folder / f"{key_file.parent.name}-{key_file.stem}.pem"
    target.write_bytes(certificate.public_bytes(Encoding.PEM) + unlocked(key))
    return str(target)


class Browser:
    """A person's browser: keeps cookies, follows links, and has a certificate or none."""

    def __init__(self, gateway: Gateway, certificate: str | None = None) -> None:
        self.gateway = gateway
        self.http = requests.Session()
        # The machine may name a bundle of its own in the environment.
        self.http.trust_env = False
        self.http.verify = str(gateway.folder / "server.pem")
        self.http.cert = certificate
        self.history: list[str] = []

    def get(self, path: str, **headers: str) -> requests.Response:
        return self._arrived(self.http.get(self.address(path), headers=headers, timeout=30))

    def press(self, page: requests.Response, word: str) -> requests.Response:
        """Send the form of the button that shows a word."""
        tree = lxml.html.fromstring(page.text)
        button = next(one for one in tree.xpath("//form//button") if word in one.text_content())
        form = next(button.iterancestors("form"))
        data = {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@name]")}
        if button.get("name"):
            data[button.get("name")] = button.get("value")
        where = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{form.get('action')}"
        return self._arrived(self.http.post(where, data=data, headers={"Referer": page.url}, timeout=30))

    def address(self, path: str) -> str:
        return path if "://" in path else f"https://localhost:{self.gateway.ports.tls}{path}"

    @property
    def mutual(self) -> str:
        """The page on the port that asks for a certificate."""
        return f"https://localhost:{self.gateway.ports.mutual}/login/tls"

    def _arrived(self, answer: requests.Response) -> requests.Response:
        self.history = [one.url for one in (*answer.history, answer)]
        return answer


def words(answer: requests.Response) -> str:
    return " ".join(lxml.html.fromstring(answer.text).text_content().split())


def alert(answer: requests.Response) -> str:
    found = lxml.html.fromstring(answer.text).xpath("//*[@role='alert']")
    return " ".join(" ".join(one.text_content().split()) for one in found)


def is_refused_by_tls(context: ssl.SSLContext, port: int) -> bool:
    """Whether a handshake with what the context presents comes to nothing."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as line,
            context.wrap_socket(line, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"GET /login/tls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return not tls.recv(100)
    except (ssl.SSLError, ConnectionError):
        return True
