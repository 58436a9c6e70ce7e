#!/usr/bin/env bash
# What a newcomer does: ./up --once, twice; then the log is whole and the second start is quick.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
passed=0 failed=0
check() { # what, condition...
  local what=$1
  shift
  if "$@"; then passed=$((passed + 1)) && echo "ok   $what"; else failed=$((failed + 1)) && echo "FAIL $what"; fi
}
up() { DHOW_PROFILE=dev ./up --once --data "$data/demo" --listen 127.0.0.1:0 --partners-port 0 "$@"; }

check "./up --once ends well" up >"$data/story.txt"
cat "$data/story.txt"
check "the shop's price is told" grep -q "JPY 1,\?200" "$data/story.txt"
check "the payment succeeded" grep -q "SUCCESS" "$data/story.txt"
check "a scanned code is paid" grep -q "she confirms: SUCCESS" "$data/story.txt"
check "a subscription is debited twice" grep -q "The first month: SUCCESS, the second, without her: SUCCESS" "$data/story.txt"
check "a coffee is sent to a friend and drunk" grep -q "the coupon is now USED" "$data/story.txt"
check "yen add up to zero" grep -q "sum in JPY: 0" "$data/story.txt"
check "won add up to zero" grep -q "sum in KRW: 0" "$data/story.txt"
check "it works a second time on the same data" up >"$data/again.txt"
check "JSON is asked for and given" bash -c "DHOW_PROFILE=dev ./up --once --json --data '$data/demo' --listen 127.0.0.1:0 --partners-port 0 | sed -n '/^{/,\$p' | python3 -m json.tool >/dev/null"
check "the chain of the log is unbroken" "$DHOW_BIN" log verify --data "$data/demo"
check "the newest record can be shown" "$DHOW_BIN" log show --data "$data/demo" --last 1
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
