"""A demonstration in a process of its own, and its ledger held against what its acquirers wrote down."""
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

counts = {"passed": 0, "failed": 0}


def check(what, is_right, seen=""):
    counts["passed" if is_right else "failed"] += 1
    print(("ok   " if is_right else "FAIL ") + what + ("" if is_right else f": {str(seen)[:500]}"), flush=True)


def end():
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)


def free_port():
    """A port that nobody listens on, below those that systems lend to connections: a restarted server finds it free."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class Demonstration:
    """One data directory, and the processes that are started on it one after another."""

    def __init__(self, options=(), real_wallets=False):
        self.program = os.environ["DHOW_BIN"]
        self.folder = tempfile.mkdtemp()
        self.data = os.path.join(self.folder, "demo")
        self.out = os.path.join(self.folder, "out.txt")
        self.port = free_port()
        self.partners_port = free_port() if real_wallets else 0
        self.options = [*options, *([] if real_wallets else ["--simulated-wallets"])]
        self.process = None

    def launch(self, traffic_ms, under=()):
        """Starts the program, under another one if wanted, and does not wait for it."""
        out = open(self.out, "w")
        arguments = ["demo", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        arguments += ["--partners-port", str(self.partners_port)]
        arguments += ["--json", "--traffic-ms", str(traffic_ms), *self.options]
        self.is_traced = bool(under)
        self.process = subprocess.Popen([*under, self.program, *arguments], stdout=out, stderr=out)
        return self.process

    def text(self):
        return open(self.out).read()

    def is_ready(self):
        """The first payment's story ends with a brace at the beginning of a line."""
        return "\n}" in self.text()

    def start(self, traffic_ms):
        """Starts the program and waits for its first payment."""
        process = self.launch(traffic_ms)
        for _ in range(1200):
            if self.is_ready():
                return process
            if process.poll() is not None:
                break
            time.sleep(0.1)
        print(self.text())
        sys.exit("0 passed, 1 failed")

    def ask(self, path):
        token = open(os.path.join(self.data, "operator-token")).read().strip()
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def journal(self):
        """Payments that an acquirer was told S for, by id; refunded ones stay paid, cancelled ones do not."""
        paid, cancelled = {}, set()
        for code in ("A-JP", "A-TH"):
            path = os.path.join(self.data, "partners", code, "journal.jsonl")
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

    def compare(self, what):
        """Checks that nothing acknowledged is lost and that the books balance; gives the number of payments."""
        paid, cancelled = self.journal()
        lost = []
        for request_id, payment_id in paid.items():
            story = self.ask(f"/v1/payments/{payment_id}")
            is_known = story["paymentRequestId"] == request_id
            is_paid = story["state"] == "Paid" or request_id in cancelled or "Cancel" in story["state"]
            if not is_known or not is_paid:
                lost.append((request_id, story["state"]))
        sums = self.ask("/v1/accounts")["sums"]
        is_open = {currency: total for currency, total in sums.items() if total != "0"}
        check(f"{what}: {len(paid)} acknowledged payments, none lost", not lost, lost[:5])
        check(f"{what}: every currency sums to zero", not is_open, is_open)
        return len(paid)

    def stop(self):
        # A tracer keeps signals from itself: the traced program is its child.
        if self.is_traced:
            subprocess.run(["pkill", "-TERM", "-P", str(self.process.pid)], check=False)
        else:
            self.process.terminate()
        self.process.wait(timeout=60)

    def verify(self):
        command = [self.program, "log", "verify", "--data", self.data]
        verified = subprocess.run(command, capture_output=True)
        check("the chain of the log is unbroken", verified.returncode == 0, verified.stderr)

    def clear(self):
        subprocess.run(["pkill", "-9", "-f", self.data], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
