#!/usr/bin/env bash
# A wallet as its customers, its shops and its operator use it; killed in the middle; held to the protocol as a partner.
exec python3 "$(dirname "$0")/wallet.py"
