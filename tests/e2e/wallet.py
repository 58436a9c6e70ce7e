"""A wallet in a process of its own: what its app does, what its desk does, a kill in the middle, garbage, and the protocol."""
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

from demonstration import check, end, free_port

PROGRAM = os.environ["DHOW_BIN"]
PIN = "804217"


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class Wallet:
    """One data directory, and the processes that are started on it one after another."""

    def __init__(self, market, options=()):
        self.folder = tempfile.mkdtemp()
        self.data = os.path.join(self.folder, market)
        self.market, self.options = market, list(options)
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.out = open(os.path.join(self.folder, "out.txt"), "a")
        words = ["wallet", "serve", "--market", self.market, "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([PROGRAM, *words, *self.options], stdout=self.out, stderr=self.out)
        for _ in range(600):
            try:
                with urllib.request.urlopen(self.base + "/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
            if self.process.poll() is not None:
                break
        print(open(os.path.join(self.folder, "out.txt")).read())
        sys.exit("0 passed, 1 failed")

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def desk(self, *words):
        """A command of the operator's people."""
        code, out, error = run("wallet", *words, "--wallet", self.base, "--data", self.data, "--reason", "test")
        return (json.loads(out) if out.strip() else None) if code == 0 else error

    def agrees(self, what):
        told = self.desk("books", "verify")
        check(f"{what}: the books agree with all that is held", isinstance(told, dict) and told.get("agrees"), told)


class App:
    """A customer's phone."""

    def __init__(self, wallet, number):
        self.wallet, self.number = wallet, number
        self.device, self.token = uuid.uuid4().hex, ""

    def call(self, method, path, body=None, key=None, raw=None):
        headers = {"Content-Type": "application/json", "Device-Id": self.device}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        content = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        request = urllib.request.Request(self.wallet.base + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else text
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, text

    def get(self, path):
        return self.call("GET", path)[1]

    def make(self, path, body=None, key=None):
        return self.call("POST", path, {} if body is None else body, key or uuid.uuid4().hex)

    def code(self):
        told = self.wallet.desk("message", self.number)
        return told["text"].rsplit(" ", 1)[-1]

    def register(self, name):
        self.call("POST", "/v1/codes", {"alias": self.number, "purpose": "REGISTRATION"})
        body = {"alias": self.number, "code": self.code(), "name": name, "pin": PIN,
                "device": {"id": self.device, "label": "A phone"}}
        status, told = self.call("POST", "/v1/register", body)
        check(f"{name} registers", status == 201, told)
        self.token = told["token"]
        return self

    def step_up(self, pin=PIN):
        return self.call("POST", "/v1/step-up", {"pin": pin})

    def available(self):
        return int(self.get("/v1/me")["available"]["value"])

    def top_up(self, minor):
        status, told = self.make("/v1/top-ups", {"amount": won(minor), "bankAccount": "KB 123-456"})
        if status == 201:
            return self.until(told["id"], "DONE")
        return told

    def until(self, thing, state):
        for _ in range(200):
            told = self.get(f"/v1/activity/{thing}")
            if told["state"] == state:
                break
            time.sleep(0.05)
        return told


def won(minor):
    return {"currency": "KRW", "value": str(minor)}


def at_home(wallet):
    minsu, jia = App(wallet, "+821055551001").register("Kim Minsu"), App(wallet, "+821055551002").register("Park Jia")
    check("money needs the PIN", minsu.make("/v1/top-ups", {"amount": won(1), "bankAccount": "x"})[1]["code"] == "STEP_UP_REQUIRED")
    check("a wrong PIN is refused", minsu.step_up("804218")[0] == 403)
    check("the PIN is right", minsu.step_up()[0] == 200 and jia.step_up()[0] == 200)
    check("the bank tops up", minsu.top_up(150_000)["state"] == "DONE" and minsu.available() == 150_000, minsu.get("/v1/me"))
    stranger = App(wallet, minsu.number)
    stranger.token = minsu.token
    check("a session is good on its own device only", stranger.call("GET", "/v1/me")[0] == 401)
    status, found = minsu.call("POST", "/v1/people/find", {"alias": jia.number})
    check("a payee's name is shown masked", status == 200 and "Park Jia" not in json.dumps(found), found)
    send = {"to": jia.number, "amount": won(5_000)}
    status, told = minsu.make("/v1/transfers", send)
    check("a new payee is warned of", status >= 400 and "knowsNewPayee" in told["message"], told)
    key = uuid.uuid4().hex
    first = minsu.make("/v1/transfers", {**send, "knowsNewPayee": True}, key)
    again = minsu.make("/v1/transfers", {**send, "knowsNewPayee": True}, key)
    other = minsu.make("/v1/transfers", {**send, "amount": won(6_000), "knowsNewPayee": True}, key)
    check("sent once, however often it is asked for", first[0] == 201 and again[1]["id"] == first[1]["id"], again)
    check("the key for something else is refused", other[1]["code"] == "REPEAT_REQ_INCONSISTENT", other)
    foreign = jia.get("/v1/activity/" + minsu.get("/v1/activity")["items"][-1]["id"])
    unknown = jia.get("/v1/activity/trf_" + "0" * 32)
    check("what is another's looks like what is not there", foreign == unknown, (foreign, unknown))
    return minsu, jia


def at_a_shop(wallet, minsu, jia):
    status, shop = jia.make("/v1/shops", {"name": "Jia Tteokbokki", "mcc": "5814", "city": "Seoul", "position": {"latitude": "37.5665", "longitude": "126.978"}})
    check("a stall is opened in a minute", status == 201, shop)
    number = shop["number"]
    status, picture = jia.call("GET", f"/v1/shops/{number}/code?form=png")
    check("its code is there to print", status == 200 and picture[:4] == b"\x89PNG", picture[:80])
    status, text = jia.call("GET", f"/v1/shops/{number}/code?form=text")
    text = text["text"] if isinstance(text, dict) else text.decode().strip()
    scanned = minsu.call("POST", "/v1/scans", {"text": text})[1]
    check("scanned, it says whose it is", scanned["kind"] == "SHOP" and "Jia Tteokbokki" in scanned["says"], scanned)
    status, paid = minsu.make("/v1/shop-payments", {"shop": number, "amount": won(4_500)})
    check("it is paid", status == 201, paid)
    order = jia.make(f"/v1/shops/{number}/orders", {"amount": won(3_000), "reference": "T-1"})[1]
    pay = {"shop": number, "amount": won(3_000), "order": order["id"]}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: minsu.make("/v1/shop-payments", pay)[0], range(16)))
    check("an order is paid once by sixteen at once", answers.count(201) == 1, answers)
    status, back = jia.make(f"/v1/shops/{number}/refunds", {"payment": paid["id"], "amount": won(4_500)})
    check("it is given back", status == 201, back)
    check("and not twice", jia.make(f"/v1/shops/{number}/refunds", {"payment": paid["id"], "amount": won(1)})[0] >= 400)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 3600))
    statement = jia.get(f"/v1/shops/{number}/statement?day={day}")
    check("the day's statement says so", "4500" in json.dumps(statement) and "3000" in json.dumps(statement), statement)
    status, told = jia.make(f"/v1/shops/{number}/pay-out", {"amount": won(3_000)})
    check("the takings are paid out", status == 201, told)
    near = minsu.get("/v1/shops/near?lat=37.57&lon=126.98&limit=3")
    check("the shop is found nearby", "Jia Tteokbokki" in json.dumps(near), near)
    return number


def gifts(wallet, minsu, jia, shop):
    packet = {"kind": "LUCKY", "total": won(10_000), "count": 2}
    status, made = minsu.make("/v1/packets", packet)
    check("a lucky packet for two", status == 201, made)
    link = made.get("link") or {}
    text = link.get("text") if isinstance(link, dict) else link
    status, share = jia.make("/v1/packets/claim", {"link": text})
    check("a friend opens it", status in (200, 201), share)
    proof = minsu.get(f"/v1/packets/{made['id']}/proof")
    check("the shares were committed to before", len(proof["commitment"]) == 64 and not proof.get("seed"), proof)
    minsu.make(f"/v1/packets/{made['id']}/cancel")
    proof = minsu.get(f"/v1/packets/{made['id']}/proof")
    told = proof.get("text") or ""
    digest = hashlib.sha256(bytes.fromhex(told)).hexdigest() if told else ""
    check("afterwards anybody can check them", proof.get("seed") and digest == proof["commitment"], proof)


def limits_at_once(wallet, minsu, jia):
    """64 transfers at once never pass the day's limit."""
    limits = minsu.get("/v1/me")
    day = json.dumps(limits)
    before = minsu.available()
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        send = {"to": jia.number, "amount": won(9_000), "knowsNewPayee": True}
        answers = list(pool.map(lambda _: minsu.make("/v1/transfers", send), range(64)))
    sent = sum(1 for status, _ in answers if status == 201)
    after = minsu.available()
    refused = {told["code"] for status, told in answers if status >= 400}
    check("64 at once: what left is what was acknowledged", before - after == sent * 9_000, (before, after, sent))
    check("the others were refused for a reason", refused <= {"USER_AMOUNT_EXCEED_LIMIT", "USER_BALANCE_NOT_ENOUGH"}, refused)
    check("nobody is below zero", after >= 0, day)


def killed(wallet, minsu, jia):
    """What was acknowledged is there after kill -9, and nothing else."""
    known = []

    def send(_):
        key = uuid.uuid4().hex
        try:
            status, told = jia.make("/v1/transfers", {"to": minsu.number, "amount": won(10), "knowsNewPayee": True}, key)
            if status == 201:
                known.append(told["id"])
        except (urllib.error.URLError, ConnectionError, TimeoutError, OSError):
            pass

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        work = [pool.submit(send, n) for n in range(400)]
        while len(known) < 40:
            time.sleep(0.01)
        wallet.kill()
        concurrent.futures.wait(work)
    began = time.time()
    wallet.start()
    took = time.time() - began
    lost = [thing for thing in known if jia.call("GET", f"/v1/activity/{thing}")[0] != 200]
    check(f"killed: {len(known)} acknowledged transfers, none lost (ready after {took:.1f} s)", not lost, lost[:3])
    wallet.agrees("killed")


def garbage(wallet, minsu):
    bad = [b"", b"{", b"[]", b"\xff\xfe", b'{"amount": 1e400}', b'{"a":' * 200, b"x" * 70_000,
           b'{"to":"+821055551002","amount":{"currency":"KRW","value":"-5"}}',
           b'{"to":"+821055551002","amount":{"currency":"USD","value":"5"}}',
           b'{"to":"+821055551002","to":"+821055551001","amount":{"currency":"KRW","value":"5"}}',
           json.dumps({"to": "' OR 1=1 --\u202e", "amount": won(5)}).encode()]
    paths = ["/v1/transfers", "/v1/register", "/v1/scans", "/v1/shops", "/v1/packets", "/v1/gifts", "/v1/top-ups"]
    wrong = []
    for path in paths:
        for content in bad:
            try:
                status, told = minsu.call("POST", path, key=uuid.uuid4().hex, raw=content)
            except (urllib.error.URLError, ConnectionError):
                status, told = 413, {}  # Too long: the connection may be closed before all is sent.
            if not 200 <= status < 500 or (status >= 400 and isinstance(told, dict) and told and "message" not in told):
                wrong.append((path, content[:40], status, told))
    check("garbage is refused by name, and never stops anything", not wrong, wrong[:3])
    texts = [b"WIFI:S:home;P:secret;;", b"00020101021126", b"DHW1/9/9/9", b"javascript:alert(1)", "\u202e".encode()]
    kinds = [minsu.call("POST", "/v1/scans", {"text": text.decode()})[1].get("kind", "refused") for text in texts]
    check("odd texts are said what they are", all(kind in ("UNKNOWN", "URL", "refused") for kind in kinds), kinds)


def private(wallet, jia):
    """Names and numbers are in no file but the vault's; and there sealed."""
    wallet.stop()
    found = []
    for folder, _, files in os.walk(wallet.data):
        for name in files:
            content = open(os.path.join(folder, name), "rb").read()
            for secret in (b"Kim Minsu", b"Park Jia", b"821055551001", b"KB 123-456", PIN.encode()):
                if secret in content:
                    found.append((os.path.join(folder, name), secret))
    check("no name, number or PIN is readable on disk", not found, found[:5])
    wallet.start()


def forgotten(wallet):
    """Who leaves is erased: the number is free again, and the books still balance."""
    leaver = App(wallet, "+821055551009").register("Choi Leaver")
    leaver.step_up()
    leaver.top_up(1_000)
    status, told = leaver.make("/v1/me/close")
    check("nobody leaves money behind", status >= 400, told)
    status, told = leaver.make("/v1/withdrawals", {"amount": won(500), "bankAccount": "KB 1"})
    check("it goes to the bank, with a fee of 500", leaver.until(told.get("id"), "DONE").get("state") == "DONE", told)
    status, told = leaver.make("/v1/me/close")
    check("with nothing on it an account is closed", status < 300, told)
    status, told = leaver.call("DELETE", "/v1/me")
    check("and the person is erased", status < 300, told)
    check("nobody is signed in there any more", leaver.call("GET", "/v1/me")[0] == 401)
    check("the desk does not find the number", "NOT_FOUND" in str(wallet.desk("customer", "find", leaver.number)))
    wallet.agrees("after somebody was forgotten")


def desk(wallet, minsu, jia):
    customer = wallet.desk("customer", "find", minsu.number)
    check("the desk finds a customer, masked", isinstance(customer, dict) and "Minsu" not in json.dumps(customer), customer)
    number = str(customer["customer"])
    check("it freezes", wallet.desk("customer", "freeze", number) is None)
    minsu.step_up()
    status, told = minsu.make("/v1/transfers", {"to": jia.number, "amount": won(1), "knowsNewPayee": True})
    check("a frozen account pays nobody", told.get("code") == "USER_STATUS_ABNORMAL", told)
    check("it unfreezes", wallet.desk("customer", "unfreeze", number) is None)
    check("no move waits for the bank", wallet.desk("books", "moves") == [], wallet.desk("books", "moves"))
    refused = wallet.desk("proposal", "end-move", "bnk_1", "DONE")
    check("and one that is none is not ended", isinstance(refused, str) and "move:" in refused, refused)
    told = wallet.desk("proposal", "give", number, "KRW", "700")
    proposal = told["proposal"]
    refused = wallet.desk("proposal", "approve", proposal)
    check("nobody approves a proposal of his own", isinstance(refused, str) and "ACCESS_DENIED" in refused, refused)
    code, secret, _ = run("token", "add", "second", "--role", "admin", "--data", wallet.data)
    secret = next(word for word in secret.split() if word.startswith("dhow_"))
    before = minsu.available()
    words = ["wallet", "proposal", "approve", proposal, "--wallet", wallet.base, "--token", secret, "--reason", "seen"]
    code, out, error = run(*words)
    check("somebody else does", code == 0 and minsu.available() == before + 700, error)
    wallet.agrees("after a correction")


def held_to_the_protocol():
    """`dhow conform` plays the network against a wallet of ours."""
    folder = tempfile.mkdtemp()
    run("keys", "generate", "--out", f"{folder}/network")
    wallet = Wallet("kr", ["--network", "http://127.0.0.1:9", "--network-key", f"{folder}/network.pub", "--client-id", "W1"])
    wallet.start()
    payer = App(wallet, "+821055552001").register("Conform")
    payer.step_up()
    payer.top_up(200_000)
    number = wallet.desk("customer", "find", payer.number)["customer"]
    paths = [(f"--path-{name}", f"/mpp/v1/payments/{path}") for name, path in
             (("pay", "pay"), ("inquiry", "inquiryPayment"), ("cancel", "cancelPayment"), ("refund", "refund"))]
    words = ["conform", "--role", "wallet", "--url", wallet.base, "--client-id", "W1", "--key", f"{folder}/network.pem",
             "--partner-key", f"{wallet.data}/wallet-key.pub", "--customer", f"c{number}", "--currency", "KRW"]
    code, out, error = run("--json", *words, *[word for pair in paths for word in pair])
    report = json.loads(out) if out.strip().startswith("{") else {}
    failed = [rule for rule in report.get("rules", []) if rule.get("verdict", "").lower().startswith("fail")]
    print(f"   {len(report.get('rules', []))} rules of the protocol")
    check("a wallet of ours keeps the protocol", code == 0 and report and not failed, failed[:3] or error or out[-600:])
    check("and everything came back", payer.available() == 200_000, payer.available())
    wallet.agrees("after the check")
    wallet.stop()
    shutil.rmtree(wallet.folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


wallet = Wallet("kr")
wallet.start()
try:
    minsu, jia = at_home(wallet)
    shop = at_a_shop(wallet, minsu, jia)
    gifts(wallet, minsu, jia, shop)
    wallet.agrees("at home")
    garbage(wallet, minsu)
    limits_at_once(wallet, minsu, jia)
    forgotten(wallet)
    desk(wallet, minsu, jia)
    minsu.step_up(), jia.step_up()
    killed(wallet, minsu, jia)
    private(wallet, jia)
    check("it starts again and knows everybody", minsu.get("/v1/me").get("state") == "ACTIVE", minsu.get("/v1/me"))
    wallet.stop()
    held_to_the_protocol()
finally:
    subprocess.run(["pkill", "-9", "-f", wallet.data], check=False)
    shutil.rmtree(wallet.folder, ignore_errors=True)
end()
