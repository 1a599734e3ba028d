"""UKey drivers as far as their protocols are known (docs/ukey.md): JIT over HTTP and BJCA over a WebSocket.

The real ones run on Windows only and are not to be had from a package registry.
"""

from __future__ import annotations

import json
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from websockets.sync.server import ServerConnection, serve

from cert.agent.files import Sm2File
from tests.unit.agent.keyrings import PIN, UNIT, USCC, openssl

JIT_CANCELLED, JIT_NO_KEY = 3758096386, 3758096481


class JitDriver:
    """PNXClient with one RSA key: ``error`` is what its next signature ends with, 0 for success."""

    def __init__(self, key: Path, certificate: Path) -> None:
        self.key, self.certificate = key, certificate
        self.error = 0
        self.can_list = True
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.last = 0

    def answer(self, name: str, values: dict[str, object]) -> object:
        self.calls.append((name, values))
        if name == "GetCertList":
            self.last = self.error if self.error == JIT_NO_KEY else 0
            return "" if self.last else f"CN={UNIT}, O={UNIT}, C=CN 0A0B0C\r\n"
        if name == "P7SignString":
            self.last = self.error
            return "" if self.error else self.sign(str(values["strValue"]))
        if name == "GetSignCert":
            return b64encode(self.certificate.read_bytes()).decode()
        if name in ("GetLastError", "GetLastErrorMessage"):
            return self.last if name == "GetLastError" else "设备错误"
        return 0

    def sign(self, text: str) -> str:
        pem = self.key.with_suffix(".signer")
        openssl("x509", "-inform", "DER", "-in", self.certificate, "-out", pem)
        command = [
            "openssl",
            "cms",
            "-sign",
            "-binary",
            "-outform",
            "DER",
            "-signer",
            pem,
            "-inkey",
            self.key,
        ]
        return b64encode(
            subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
        ).decode()


@contextmanager
def jit_running(driver: JitDriver) -> Iterator[str]:
    """The driver's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if text == "QueryService":
                body = f"http://127.0.0.1:{self.server.server_port}/session"
            else:
                name, _colon, values = text.partition(":")
                if name == "GetCertList" and not driver.can_list:
                    body = ""
                else:
                    body = json.dumps({"value": driver.answer(name, json.loads(values) if values else {})})
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class BjcaDriver:
    """XTXApp with one SM2 key behind a PIN of ``tries`` tries; ``is_in`` tells whether the key is plugged in."""

    def __init__(self, source: Sm2File) -> None:
        self.source = source
        self.is_in = True
        self.tries = 6
        self.method = 0
        self.token = ""

    def answer(self, message: dict[str, Any]) -> dict[str, object]:
        [held] = self.source.certificates()
        name, values = message["xtx_func_name"], list(message["param"])
        value: object = ""
        extra: dict[str, object] = {}
        if name == "SOF_GetUserList":
            value = f"{UNIT}||5303201812001784&&&" if self.is_in else ""
        elif name == "SOF_ExportUserCert":
            value = b64encode(held.der).decode()
        elif name == "SOF_GetCertInfo":
            moment = {11: held.valid_from, 12: held.valid_until}[values[1]]
            value = moment.strftime("%Y%m%d%H%M%S")
        elif name == "SOF_GetCertInfoByOid":
            value = USCC
        elif name == "SOF_Login":
            is_right = values[1] == PIN and self.tries > 0
            self.tries = 6 if is_right else max(0, self.tries - 1)
            self.token = "t1" if is_right else ""
            value, extra = "true" if is_right else "false", {"token": self.token}
        elif name == "SOF_GetPinRetryCount":
            value = str(self.tries)
        elif name == "SOF_SetSignMethod":
            self.method, value = values[0], "0"
        elif name == "SOF_SignData" and message.get("token") == self.token != "":
            value = b64encode(self.source.sign(held.id, values[1].encode(), PIN)).decode()
        return {"call_cmd_id": message["call_cmd_id"], "retVal": value, **extra}


@contextmanager
def bjca_running(driver: BjcaDriver) -> Iterator[str]:
    """The driver's address."""

    def serve_one(connection: ServerConnection) -> None:
        assert connection.request
        if connection.request.path != "/xtxapp/":
            return
        connection.send(json.dumps({"call_cmd_id": "onUsbkeyChange", "retVal": ""}))
        for text in connection:
            connection.send(json.dumps(driver.answer(json.loads(text))))

    with serve(serve_one, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/xtxapp/"
        server.shutdown()
        thread.join()
