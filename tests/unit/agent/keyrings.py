"""Real keys to sign with: a SoftHSM2 token, PKCS#12 and SM2 files made by openssl; and agents that hold them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cert.agent.keys import Source
from cert.agent.server import Agent, Server

ROOT = Path(__file__).parents[3]
ORIGIN = "https://hall.example"
PIN = "2026-11"
UNIT = "呼和浩特市青禾供热有限责任公司"
USCC = "91350100M000100Y43"
SUBJECT = f"/C=CN/O={UNIT}/CN={UNIT}"
IDENTITY = "distid:1234567812345678"
LIBRARY = next(
    (str(path) for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so",)) if path.exists()),
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
)
HAS_TOKEN = all(map(shutil.which, ("softhsm2-util", "pkcs11-tool")))
needs_token = pytest.mark.skipif(
    not HAS_TOKEN and os.environ.get("CI") != "true",
    reason="no software token here: apt-get install softhsm2 opensc",
)


def openssl(*arguments: object, cwd: Path | None = None) -> bytes:
    """What the openssl command answers; fails the test that it fails in."""
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make_certificate(folder: Path, kind: str, days: int = 400, *extensions: str) -> tuple[Path, Path]:
    """A key (PEM) and its own certificate (DER) of the kind rsa, ec or sm2, good for so many days."""
    key, certificate = folder / f"{kind}.key", folder / f"{kind}.der"
    made = {
        "rsa": ("RSA", "rsa_keygen_bits:2048"),
        "ec": ("EC", "ec_paramgen_curve:P-256"),
        "sm2": ("EC", "ec_paramgen_curve:SM2"),
    }
    algorithm, option = made[kind]
    openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", key)
    digest = ["-sm3", "-sigopt", IDENTITY] if kind == "sm2" else ["-sha256"]
    wanted = [
        part for text in (f"1.2.156.10260.4.1.4=ASN1:UTF8:{USCC}", *extensions) for part in ("-addext", text)
    ]
    openssl(
        "req", "-new", "-x509", "-key", key, *digest, "-subj", SUBJECT, "-utf8",
        "-days", days, *wanted, "-outform", "DER", "-out", certificate,
    )  # fmt: skip
    return key, certificate


def make_p12(folder: Path, kind: str = "rsa", days: int = 400) -> Path:
    """A PKCS#12 file under ``PIN``."""
    key, certificate = make_certificate(folder, kind, days)
    pem, target = folder / f"{kind}.pem", folder / f"{kind}.p12"
    openssl("x509", "-inform", "DER", "-in", certificate, "-out", pem)
    openssl("pkcs12", "-export", "-inkey", key, "-in", pem, "-passout", f"pass:{PIN}", "-out", target)
    return target


def make_sm2(folder: Path, cipher: str = "aes-256-cbc") -> tuple[Path, Path]:
    """An SM2 key, encrypted under ``PIN`` (or plain for the cipher ``""``), and its certificate."""
    key, certificate = make_certificate(folder, "sm2")
    if not cipher:
        return key, certificate
    locked = folder / "sm2.locked"
    openssl("pkcs8", "-topk8", "-in", key, "-v2", cipher, "-passout", f"pass:{PIN}", "-out", locked)
    return locked, certificate


class SoftToken:
    """A SoftHSM2 token of its own in a folder; ``environment`` leads a process to it."""

    def __init__(self, folder: Path) -> None:
        assert HAS_TOKEN, "CI must run the token tests: sh tests/unit/agent/install.sh"
        folder.mkdir(exist_ok=True)
        (folder / "tokens").mkdir()
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n"
        )
        self.environment = {**os.environ, "SOFTHSM2_CONF": str(self.configuration)}

    def init(self, label: str = "UKey") -> None:
        self._run(
            "softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "87654321"
        )

    def add(self, key: Path, certificate: Path, number: str = "01", label: str = "UKey") -> None:
        """Put a key and its certificate into the token, as an authority's tool does."""
        tool = ("pkcs11-tool", "--module", LIBRARY, "--token-label", label, "--login", "--pin", PIN)
        private = key.with_suffix(".pkcs8")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", private)
        self._run(*tool, "--write-object", private, "--type", "privkey", "--id", number, "--usage-sign")
        self._run(*tool, "--write-object", certificate, "--type", "cert", "--id", number)

    def _run(self, *command: object) -> None:
        done = subprocess.run(list(map(str, command)), env=self.environment, capture_output=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()


@contextmanager
def running(
    *sources: Source,
    origins: tuple[str, ...] = (ORIGIN,),
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    pin: str | None = None,
    says_yes: bool = False,
) -> Iterator[Server]:
    """An agent in this process."""
    agent = Agent(list(sources), frozenset(origins), clock, pin, says_yes)
    with Server(agent, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def started(
    *arguments: object, environment: dict[str, str] | None = None, origin: str = ORIGIN
) -> Iterator[str]:
    """``python -m cert.agent`` as a process of its own; its address."""
    command = [sys.executable, "-m", "cert.agent", "--origin", origin, "--port", "0", *map(str, arguments)]
    agent = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert agent.stderr
    said = []
    try:
        for line in agent.stderr:
            said.append(line)
            if "listening on " in line:
                break
        else:
            raise AssertionError("".join(said))
        # What it says further must not fill the pipe.
        threading.Thread(target=agent.stderr.read, daemon=True).start()
        yield line.split("listening on ")[1].split()[0]
    finally:
        agent.terminate()
        agent.wait(timeout=20)
