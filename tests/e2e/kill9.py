"""Kills a demonstration under traffic and holds its ledger against what the simulated acquirers wrote down."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = int(os.environ.get("DHOW_KILLS", "6"))
program = os.environ["DHOW_BIN"]
folder = tempfile.mkdtemp()
data = os.path.join(folder, "demo")
port = random.randint(20000, 40000)
base = f"http://127.0.0.1:{port}"
counts = {"passed": 0, "failed": 0}


def check(what, is_right, seen=""):
    counts["passed" if is_right else "failed"] += 1
    print(("ok   " if is_right else "FAIL ") + what + ("" if is_right else f": {seen}"), flush=True)


def start(traffic_ms):
    out = open(os.path.join(folder, "out.txt"), "w")
    arguments = ["demo", "--data", data, "--listen", f"127.0.0.1:{port}", "--partners-port", "0"]
    arguments += ["--json", "--traffic-ms", str(traffic_ms)]
    process = subprocess.Popen([program, *arguments], stdout=out, stderr=out)
    for _ in range(600):
        text = open(os.path.join(folder, "out.txt")).read()
        if "\n}" in text:
            return process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    print(text)
    sys.exit("0 passed, 1 failed")


def ask(path):
    token = open(os.path.join(data, "operator-token")).read().strip()
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def journal():
    """Payments that an acquirer was told S for, by id; refunded ones stay paid, cancelled ones do not."""
    paid, cancelled = {}, set()
    for code in ("A-JP", "A-TH"):
        path = os.path.join(data, "partners", code, "journal.jsonl")
        for text in open(path) if os.path.exists(path) else []:
            try:
                line = json.loads(text)
            except ValueError:
                continue  # The last line of a killed process may be torn.
            if line.get("result") != "S":
                continue
            if line["source"].upper() == "CANCEL":
                cancelled.add(line["paymentRequestId"])
            elif line.get("paymentId") and not line.get("refundRequestId"):
                paid[line["paymentRequestId"]] = line["paymentId"]
    return paid, cancelled


def compare():
    paid, cancelled = journal()
    lost = []
    for request_id, payment_id in paid.items():
        story = ask(f"/v1/payments/{payment_id}")
        is_known = story["paymentRequestId"] == request_id
        if not is_known or (story["state"] != "Paid" and request_id not in cancelled
                            and "Cancel" not in story["state"]):
            lost.append((request_id, story["state"]))
    sums = ask("/v1/accounts")["sums"]
    return len(paid), lost, {currency: total for currency, total in sums.items() if total != "0"}


try:
    for number in range(ROUNDS):
        process = start(5)
        time.sleep(random.uniform(0.2, 2.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = start(3_600_000)
    count, lost, open_sums = compare()
    check(f"{count} acknowledged payments after {ROUNDS} kills: none lost", not lost, lost[:5])
    check("there was something to lose", count > ROUNDS, count)
    check("every currency sums to zero", not open_sums, open_sums)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    verified = subprocess.run([program, "log", "verify", "--data", data], capture_output=True)
    check("the chain of the log is unbroken", verified.returncode == 0, verified.stderr)
finally:
    subprocess.run(["pkill", "-9", "-f", data], check=False)
    shutil.rmtree(folder, ignore_errors=True)
print(f"{counts['passed']} passed, {counts['failed']} failed")
sys.exit(1 if counts["failed"] else 0)
