"""Rates over https, tokens with roles, and accounts of the past, on a network that is served for real."""
import http.server
import json
import os
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

from demonstration import Demonstration, check, end

demo = Demonstration()
xml = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<Cube><Cube time="%s"><Cube currency="USD" rate="1.0840"/><Cube currency="JPY" rate="163.25"/></Cube></Cube></gesmes:Envelope>
""" % time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))


class Feed(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(xml.encode())))
        self.end_headers()
        self.wfile.write(xml.encode())

    def log_message(self, *_):
        pass


def serve_feed(certificate, key):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def call(path, token, body=None, why=None):
    """Status and answer of one call of the operations API."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {"X-Reason": why} if why else {}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{demo.port}{path}", content, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def command(*words):
    return subprocess.run([demo.program, *words], capture_output=True, text=True)


def start(trusted):
    arguments = ["serve", "--data", demo.data, "--listen", f"127.0.0.1:{demo.port}", "--rates-source", "ecb"]
    arguments += ["--rates-url", f"https://localhost:{port}/eurofxref-daily.xml"]
    out = open(demo.out, "w")
    environment = os.environ | {"SSL_CERT_FILE": trusted}
    process = subprocess.Popen([demo.program, *arguments], stdout=out, stderr=out, env=environment)
    for _ in range(300):
        if "operations API" in demo.text() or process.poll() is not None:
            break
        time.sleep(0.1)
    return process


def certificate(name):
    paths = [os.path.join(demo.folder, f"{name}.{kind}") for kind in ("crt", "key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost",
                    "-addext", "basicConstraints=critical,CA:FALSE", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    return paths


process = None
try:
    good, other = certificate("good"), certificate("other")
    port = serve_feed(*good)
    os.makedirs(demo.data, exist_ok=True)
    added = command("token", "add", "desk", "--role", "viewer", "--data", demo.data)
    viewer = added.stdout.strip()
    check("a token is made before the first start", viewer.startswith("dhow_"), added.stderr)
    check("its secret is in no file", viewer not in open(os.path.join(demo.data, "tokens")).read())

    process = start(other[0])
    for _ in range(600):
        if "no rates fetched" in demo.text():
            break
        time.sleep(0.1)
    check("a server that nobody vouches for brings no rates", call("/v1/rates", viewer) == (200, []), demo.text()[-300:])
    check("the log says why", "no rates fetched" in demo.text(), demo.text()[-300:])
    process.terminate()
    process.wait(timeout=30)

    process = start(good[0])
    rates = []
    for _ in range(600):
        rates = call("/v1/rates", viewer)[1]
        if rates:
            break
        time.sleep(0.1)
    pairs = {rate["pair"]: rate for rate in rates}
    check("the rates of the feed are held", "EUR/JPY" in pairs and "EUR/USD" in pairs, (rates, demo.text()[-600:]))
    check("with the time of the feed", pairs.get("EUR/JPY", {}).get("asOf", "").endswith("12:15:00+00:00"), pairs)

    status, policy = call("/v1/fx-policy", viewer)
    check("a viewer sees the rules", status == 200 and policy["bandBps"] == 500, policy)
    status, refusal = call("/v1/corridors", viewer, {"base": "EUR", "quote": "JPY", "isHalted": True}, "test")
    check("but halts nothing", status == 403 and refusal["code"] == "ACCESS_DENIED", refusal)
    operator = command("token", "add", "night", "--role", "operator", "--data", demo.data).stdout.strip()
    status, _ = call("/v1/corridors", operator, {"base": "EUR", "quote": "JPY", "isHalted": True}, "test")
    check("an operator's token works at once and may", status == 204, status)
    status, refusal = call("/v1/corridors", operator, {"base": "EUR", "quote": "JPY", "isHalted": False})
    check("not without a reason", status == 400 and "X-Reason" in refusal["message"], refusal)
    command("token", "remove", "night", "--data", demo.data)
    check("a token that is taken away stops at once", call("/v1/rates", operator)[0] == 401)

    status, refusal = call("/v1/accounts?at=9999", viewer)
    check("the future has no accounts", status == 400 and "not reached yet" in refusal["message"], refusal)
    status, refusal = call("/v1/accounts?at=yesterday", viewer)
    check("a query that is none is refused by name", status == 400 and "at:" in refusal["message"], refusal)
    status, refusal = call("/v1/corridors", viewer, {"base": 7}, "test")
    check("so is a body", status == 422 and refusal["code"] == "PARAM_ILLEGAL" and "base" in refusal["message"], refusal)
    status, past = call("/v1/accounts?at=1", viewer)
    check("the past has", status == 200 and past["positions"] == [1], past)
finally:
    if process:
        process.kill()
    demo.clear()
end()
