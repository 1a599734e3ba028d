#!/bin/sh
# A software token for the agent's tests, and tools to fill it. Where it cannot be installed, the tests say so.
command -v softhsm2-util >/dev/null 2>&1 && command -v pkcs11-tool >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq softhsm2 opensc >/dev/null && exit 0
fi
echo "softhsm2 and opensc are not here and cannot be installed: token tests are skipped (they fail with CI=true)."
