#!/usr/bin/env bash
# After the sale: wallets that review merchants, and disputes from the first question to the money back.
exec python3 "$(dirname "$0")/disputes.py"
