import json
import subprocess
import urllib.error
import urllib.request

from demonstration import Demonstration, check, end


def main():
    network = Demonstration()
    network.start(traffic_ms=200)
    server = ["--server", f"http://127.0.0.1:{network.port}", "--data", network.data]

    def dhow(*words):
        run = subprocess.run([network.program, "--json", *words, *server], capture_output=True, text=True, timeout=60)
        return run.returncode, run.stdout, run.stderr

    def search(*words):
        code, out, error = dhow("payment", "search", *words)
        check(f"payment search {' '.join(words)}".rstrip(), code == 0, error)
        return json.loads(out)["payments"] if code == 0 else []

    everything = search()
    check("payments of all acquirers are found", len(everything) > 0)
    paid = search("--wallet", "W-KR", "--state", "Paid")
    right = [it for it in paid if "(W-KR)" in it["wallet"] and it["state"] == "Paid"]
    check("only paid ones of the wallet", paid and len(right) == len(paid), paid)
    one = paid[0]
    acquirer = one["acquirer"].split("(")[1].rstrip(")")
    found = search("--acquirer", acquirer, "--request-id", one["paymentRequestId"])
    check("the acquirer's id leads to the payment", [it["id"] for it in found] == [one["id"]], found)
    found = search("--wallet", "W-KR", "--wallet-payment-id", one["walletPaymentId"])
    check("so does the wallet's", [it["id"] for it in found] == [one["id"]], found)
    check("nothing was made in the future", search("--since", "2100-01-01T00:00:00Z") == [])
    check("nor in the past", search("--until", "2001-01-01T00:00:00+09:00") == [])
    page = search("--limit", "1")
    older = search("--limit", "1", "--before", page[0]["id"])
    check("pages follow each other", older and older[0]["id"] < page[0]["id"], older)
    code, _, error = dhow("payment", "search", "--since", "yesterday")
    check("a time that is none is refused by name", code != 0 and "since" in error and "2026" in error, error)
    for field, word in (("--state", "paid"), ("--currency", "yen")):
        code, _, error = dhow("payment", "search", field, word)
        check(f"{field} {word} is refused by name", code != 0 and field[2:] in error, error)
    code, out, error = dhow("payment", "breaks")
    check("no wallet contradicted itself", code == 0 and json.loads(out)["payments"] == [], error)

    contract(network)
    help_text = subprocess.run([network.program, "payment", "search", "--help"], capture_output=True, text=True).stdout
    check("help ends with examples", "Examples:\n  dhow payment search" in help_text, help_text)
    network.process.terminate()
    check("it ends politely", network.process.wait(60) == 0)
    network.clear()
    end()


def contract(network):
    """Read, change, write, read."""
    path = "/v1/participants/W-KR/contract"
    before = network.ask(path)
    limit = {"mcc": "7800-7999", "maxPayment": {"currency": "JPY", "value": "5000"}}
    changed = dict(before, mccLimits=[limit])
    check("a contract is taken as it was shown, with a limit", put(network, path, changed) == (204, ""))
    check("and shown so", network.ask(path) == changed, network.ask(path))
    bad = dict(before, mccLimits=[dict(limit, mcc="78")])
    status, body = put(network, path, bad)
    check("a category that is none is refused by name", status == 400 and "mccLimits[0].mcc" in body, body)
    check("and nothing changed", network.ask(path) == changed)


def put(network, path, body):
    token = open(f"{network.data}/operator-token").read().strip()
    headers = {"Authorization": f"Bearer {token}", "X-Reason": "test", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{network.port}{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


main()
