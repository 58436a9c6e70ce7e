#!/usr/bin/env bash
# kill -9 at the syscalls of a commit, a segment roll and a snapshot; a disk that fails or is full.
command -v strace >/dev/null || { echo "strace is missing: the crash points are left out"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
strace -o /dev/null true 2>/dev/null || { echo "this machine forbids tracing: the crash points are left out"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
exec python3 "$(dirname "$0")/crash_points.py"
