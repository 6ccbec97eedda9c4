#!/bin/sh
# Says whether the browser tests can run, and installs Chromium and a Chinese font where this user may.
find_browser() { for name in "$BIHUAN_CHROMIUM" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && return 0; done; return 1; }
find_font() { ! command -v fc-list >/dev/null 2>&1 || [ -n "$(fc-list :lang=zh family 2>/dev/null | head -n 1)" ]; }

if find_browser && find_font; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "browser: installing Chromium and a Chinese font (apt-get, about a minute)"
  log=$(mktemp)
  if apt-get update -qq >"$log" 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      chromium fonts-noto-cjk >>"$log" 2>&1; then rm -f "$log"; else echo "browser: apt-get failed:"; tail -n 5 "$log"; rm -f "$log"; fi
fi
if find_browser; then exit 0; fi
echo "browser: no Chromium on this machine, so the browser tests are SKIPPED. Install one (Debian: apt-get install chromium fonts-noto-cjk)"
echo "browser: or name one: BIHUAN_CHROMIUM=/path/to/chrome make test"
exit 1
