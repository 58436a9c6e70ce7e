#!/usr/bin/env bash
# Every way in which a payer takes an order up, as a browser sees it: checkout, till, printed code; and the code rules.
exec python3 "$(dirname "$0")/orders.py"
