#!/usr/bin/env bash
# Standing agreements from the outside: consent in a browser, debits, allowance, fresh tokens, and the end from every side.
exec python3 "$(dirname "$0")/agreements.py"
