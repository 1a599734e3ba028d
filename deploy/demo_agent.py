"""``python -m deploy.demo_agent``: our UKey agent with the keys of the sample units; for trying things out only."""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cert.agent.files import Pkcs12File, Sm2File
from cert.agent.keys import Source
from cert.agent.server import Agent, Server
from cert.demo import PIN

log = logging.getLogger("wangting.agent")


def main() -> int:
    """Serve until told to stop. Each signature is asked for, PIN and all, as with anybody's own key."""
    parser = argparse.ArgumentParser("deploy.demo_agent", description=__doc__)
    parser.add_argument("folder", type=Path, help="the demo CA's units, one folder each")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1")
    parser.add_argument("--origin", action="append", required=True, help="who may ask (repeatable)")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    agent = Agent(demo_keys(given.folder), frozenset(given.origin), lambda: datetime.now(UTC))
    try:
        server = Server(agent, given.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        log.warning(
            "port %s of the UKey agent is taken, perhaps by another hall's: the demo keys are not served",
            given.port,
        )
        # Starting again would not help: the supervisor knows this code.
        return os.EX_TEMPFAIL
    with server, contextlib.suppress(KeyboardInterrupt):
        log.info("demo keys on %s for %s", server.address, ", ".join(given.origin))
        server.serve_forever()
    return 0


def demo_keys(folder: Path) -> list[Source]:
    """The 签名证书 of every unit that ``cert.demo`` made, RSA and SM2, with their keys."""
    found: list[Source] = [Pkcs12File(path, PIN) for path in sorted(folder.glob("*/rsa-sign.p12"))]
    keys = sorted(folder.glob("*/sm2-sign.key"))
    return found + [Sm2File(key, key.with_suffix(".pem")) for key in keys]


if __name__ == "__main__":
    sys.exit(main())
