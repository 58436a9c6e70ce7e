#!/usr/bin/env bash
# Network and three real wallets, killed together under traffic: nothing acknowledged is lost, and their books agree to the last unit.
exec python3 "$(dirname "$0")/wallets_killed.py"
