#!/usr/bin/env bash
# A network follows a rate feed over https, shows its rates, and heeds tokens with roles as they come and go.
exec python3 "$(dirname "$0")/rate_feed.py"
