#!/usr/bin/env bash
# kill -9 under traffic, again and again: no payment that an acquirer was told S for is lost or booked twice.
exec python3 "$(dirname "$0")/kill9.py"
