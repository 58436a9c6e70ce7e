#!/usr/bin/env bash
# The unmodified PyPI client ant-intl-alipayplus-mcp 1.0.1 pays through the checkout, queries, refunds and cancels against a running network.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${DHOW_VENV:-target/venv}
if ! "$venv/bin/python" -c 'import alipayplusmcp, mcp' 2>/dev/null &&
  ! "$venv/bin/pip" install -q 'ant-intl-alipayplus-mcp==1.0.1' 'mcp[cli]>=1.11.1,<2'; then
  echo "the client cannot be installed here: left out"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
data=$(mktemp -d)
port=$(cd "$here" && python3 -c "from demonstration import free_port; print(free_port())")
"$DHOW_BIN" demo --data "$data/demo" --listen "127.0.0.1:$port" --partners-port 0 --simulated-wallets --json \
  >"$data/out.json" 2>"$data/err.txt" &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 300); do
  grep -q '^}' "$data/out.json" 2>/dev/null && break
  kill -0 $demo 2>/dev/null || { cat "$data/err.txt"; echo "0 passed, 1 failed"; exit 1; }
  sleep 0.2
done
request=$(sed '/^}/q' "$data/out.json" | "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["paymentRequestId"])')
key=$("$DHOW_BIN" keys public --data "$data/demo" --json | "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["spkiBase64"])')
"$venv/bin/python" "$here/official/drive.py" "$data/demo" "$port" "$request" "$key"
