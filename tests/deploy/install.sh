#!/bin/sh
# nginx for the tests of mutual TLS. Where it cannot be installed, the tests say so.
command -v nginx >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light >/dev/null && exit 0
fi
echo "nginx is not here and cannot be installed: the tests of mutual TLS are skipped (they fail with CI=true)."
