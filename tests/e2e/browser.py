"""What scripts do as a browser, as the operator, as a partner and at the partners' control endpoints."""
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect)


def browse(url, form=None, language="en"):
    """Status, headers and text of a page; redirects are not followed."""
    body = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, body, {"Accept-Language": language})
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def operate(network, method, path, body=None):
    token = open(f"{network.data}/operator-token").read().strip()
    headers = {"Authorization": f"Bearer {token}", "X-Reason": "test", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{network.port}{path}", content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def control(wallet, path, body):
    request = urllib.request.Request(wallet + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def signed(network, partner, path, body):
    """One message of a partner, signed by `dhow sign`."""
    file = f"{network.folder}/body.json"
    open(file, "w").write(json.dumps(body))
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    words = ["--path", path, "--client-id", f"CLIENT-{partner}", "--time", now, "--body", file]
    key = f"{network.data}/partners/{partner}/network-key.pem"
    run = subprocess.run([network.program, "--json", "sign", *words, "--key", key], capture_output=True, text=True)
    signature = next(value for name, value in json.loads(run.stdout).items() if "algorithm=" in str(value))
    headers = {"Content-Type": "application/json", "Client-Id": f"CLIENT-{partner}", "Request-Time": now}
    headers["Signature"] = signature.removeprefix("Signature: ")
    url = f"http://127.0.0.1:{network.port}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, open(file, "rb").read(), headers), timeout=10) as answer:
        return json.loads(answer.read())


def with_checksum(text):
    """CRC-16/CCITT-FALSE behind an EMVCo code."""
    crc = 0xFFFF
    for byte in text.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return f"{text}{crc:04X}"
