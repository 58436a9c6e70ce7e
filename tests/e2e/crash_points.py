"""Ends a demonstration at chosen syscalls and holds its ledger against what the acquirers were told.

A first run is only watched: it tells which calls the log and the snapshots are made of, and which call of
its thread each is. Then one run after another, on the same data, is killed as it enters one of those
calls: the call before it is done, the call itself is not. So every boundary between two calls is a place
where some run dies. At last the disk fails: a sync with EIO, a write with ENOSPC."""
import collections
import os
import random
import re
import time

from demonstration import Demonstration, check, end

# What a commit, a segment roll and a snapshot are made of.
CALLS = ["openat", "write", "pwrite64", "fdatasync", "fsync", "fallocate", "ftruncate", "rename", "unlink"]
PER_KIND = int(os.environ.get("DHOW_CRASH_POINTS", "2"))
# How long a run may take to its first payment, and how long it then lives at most.
START_SECONDS, TRAFFIC_SECONDS = 120, 15
# Small enough that every run rolls segments and writes snapshots.
demo = Demonstration(["--snapshot-every", "60", "--segment-kib", "32"])
watched = os.path.join(demo.folder, "strace.txt")
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")


def kind_of(call, arguments):
    """Which part of the storage a call belongs to, by the file that it names."""
    if "/partition-0/log" in arguments:
        return f"log {call}"
    if "/partition-0/snapshots" in arguments:
        return f"snapshot {call}"
    return None


def strace(inject=None, calls=CALLS):
    command = ["strace", "-f", "-y", "-qq", "-o", watched, "-e", "trace=" + ",".join(calls), "-e", "signal=none"]
    return command + (["-e", "inject=" + inject] if inject else [])


def trace():
    """The traced calls in order: thread, call, which one of this call in its thread, kind."""
    seen = collections.Counter()
    for text in open(watched, errors="replace"):
        match = LINE.match(text)
        if match:
            thread, call, arguments = match.groups()
            seen[thread, call] += 1
            yield thread, call, seen[thread, call], kind_of(call, arguments)


def wait_for(is_so, seconds):
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)


def has_snapshots():
    folder = os.path.join(demo.data, "partition-0", "snapshots")
    return os.path.isdir(folder) and len([name for name in os.listdir(folder) if name.startswith("snapshot-")]) > 1


def run(inject, calls):
    """Runs until the injection ends the program, or for some seconds; gives the exit code, None when it lived."""
    process = demo.launch(5, under=strace(inject, calls))
    wait_for(lambda: demo.is_ready() or process.poll() is not None, START_SECONDS)
    wait_for(lambda: process.poll() is not None, TRAFFIC_SECONDS)
    code = process.poll()
    if code is None:
        demo.stop()
    return code


def points():
    """For each kind of call some places: the call and its number within its thread."""
    found = collections.defaultdict(set)
    for _, call, number, kind in trace():
        if kind:
            found[kind].add((call, number))
    chosen = []
    for kind, places in sorted(found.items()):
        places = sorted(places)
        middle = places[len(places) // 2]
        chosen += {places[0], middle, *random.sample(places, min(PER_KIND, len(places)))}
    return found, chosen


try:
    demo.launch(5, under=strace())
    wait_for(has_snapshots, START_SECONDS)
    demo.stop()
    kinds, chosen = points()
    print("calls seen:", ", ".join(f"{kind} {len(places)}" for kind, places in sorted(kinds.items())), flush=True)
    for wanted in ("log pwrite64", "log fdatasync", "log openat", "snapshot openat", "snapshot write", "snapshot rename"):
        check(f"the watched run made the call: {wanted}", wanted in kinds, sorted(kinds))
    random.shuffle(chosen)
    hit, lived = collections.Counter(), 0
    for number, (call, which) in enumerate(chosen):
        code = run(f"{call}:signal=KILL:when={which}", [call])
        if code is None:
            lived += 1
        else:
            last = [kind for *_, kind in trace()][-1:]
            hit[last[0] if last and last[0] else f"other {call}"] += 1
        if number % 8 == 7:
            demo.start(3_600_000)
            demo.compare(f"after {number + 1} kills")
            demo.stop()
    print("killed at:", ", ".join(f"{kind} {count}" for kind, count in sorted(hit.items())), f"; lived {lived}", flush=True)
    check("most runs died where they were meant to", sum(hit.values()) > lived, hit)
    for inject, calls in (
        ("fdatasync:error=EIO:when=12", ["fdatasync"]),
        ("pwrite64:error=ENOSPC:when=15", ["pwrite64"]),
        ("pwrite64:error=EIO:when=9", ["pwrite64"]),
        ("fallocate:error=ENOSPC:when=1", ["fallocate"]),
    ):
        code = run(inject, calls)
        check(f"{inject}: the process stops and says so", code not in (None, 0), (code, demo.text()[-300:]))
        demo.start(3_600_000)
        demo.compare(f"after {inject}")
        demo.stop()
    demo.verify()
    paid, _ = demo.journal()
    check("there was something to lose", len(paid) > len(chosen) // 2, len(paid))
finally:
    demo.clear()
end()
