#!/usr/bin/env bash
# What an operator asks of a running network: which payments, which breaks, what a contract says, and how to change it.
exec python3 "$(dirname "$0")/operator.py"
