#!/usr/bin/env bash
# Push mode: national codes on stickers, paid from abroad, with acquirers that are slow, deaf, refuse or change their mind.
exec python3 "$(dirname "$0")/push.py"
