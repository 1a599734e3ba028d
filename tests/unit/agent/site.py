"""A site that asks the agent, and a person at the agent's page, over real HTTP."""

from __future__ import annotations

import http.client
import json
import re
from base64 import b64decode
from urllib.parse import urlencode, urlsplit

from tests.unit.agent.keyrings import ORIGIN, PIN


class Answer:
    """Status, headers (by lower-case name) and body of an answer."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self) -> dict[str, object]:
        return dict(json.loads(self.body))

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    address: str, method: str, path: str, body: object = None, origin: str | None = ORIGIN, **headers: str
) -> Answer:
    """One request; underscores in names of headers stand for hyphens."""
    place = urlsplit(address)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        sent["Origin"] = origin
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        sent.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        connection.request(method, path, body, sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def certificates(address: str) -> list[dict[str, str]]:
    answer = ask(address, "GET", "/certificates")
    assert answer.status == 200, answer.body
    return answer.json["certificates"]


def order(address: str, text: str = "网厅登录", certificate: str | None = None, origin: str = ORIGIN) -> str:
    """Ask for a signature with the first certificate; the id of the item."""
    wanted = certificate or certificates(address)[0]["id"]
    answer = ask(address, "POST", "/signatures", {"certificate": wanted, "text": text}, origin)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def decide(address: str, item: str, answer: str = "yes", pin: str = PIN, **headers: str) -> Answer:
    """What a person does on the agent's page: looks at it, types the PIN, presses a button."""
    csrf = headers.pop("csrf", None)
    if csrf is None:
        shown = ask(address, "GET", f"/ask/{item}", origin=None)
        assert shown.status == 200, shown.text
        found = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert found
        csrf = found[1]
    form = urlencode({"csrf": csrf, "pin": pin, "answer": answer})
    headers = {"Content_Type": "application/x-www-form-urlencoded", **headers}
    return ask(address, "POST", f"/ask/{item}", form, headers.pop("origin", address), **headers)


def collect(address: str, item: str, origin: str = ORIGIN) -> dict[str, object]:
    answer = ask(address, "GET", f"/signatures/{item}", origin=origin)
    return {"status": answer.status, **answer.json}


def signature(answer: dict[str, object]) -> tuple[bytes, bytes]:
    """Certificate and signature of a collected item."""
    assert answer["state"] == "signed", answer
    return b64decode(str(answer["certificate"])), b64decode(str(answer["signature"]))
