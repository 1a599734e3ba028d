#!/bin/sh
# Chromium for the browser tests: the distribution's own. Where it cannot be installed, the tests say so.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "Chromium is not here and cannot be installed: the browser tests are skipped (they fail with CI=true)."
