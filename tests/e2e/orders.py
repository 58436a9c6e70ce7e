import concurrent.futures
import html
import json
import re
import time
import urllib.parse

from browser import browse, control, operate, signed, with_checksum
from demonstration import Demonstration, check, end


def state_of(order):
    return json.loads(browse(order + "/state")[2])


def until(order, wanted):
    for _ in range(100):
        state = state_of(order)
        if state["state"] == wanted:
            return state
        time.sleep(0.1)
    return state


def pay_in_app(page, wallet, user):
    """Follows a wallet's link on an order's page to the end: who, what, yes."""
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page.decode())]
    link = next(link for link in links if wallet in link)
    check("the link carries the code", "codeValue=http%3A%2F%2F127.0.0.1" in link, link)
    app = link.split("?")[0]
    code = urllib.parse.parse_qs(link.split("?")[1])["codeValue"][0]
    status, _, page = browse(link)
    check("the app asks who pays", status == 200 and user in page.decode(), page)
    status, _, page = browse(app, {"codeValue": code, "user": user})
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.decode()))
    check("the app shows both prices and the rate", "You pay" in page.decode() and "Rate" in page.decode(), page)
    status, _, page = browse(app, {name: html.unescape(value) for name, value in fields.items()})
    check("and says that it is paid", "Paid." in page.decode(), page)
    return page


def checkout(network, shop, wallet):
    status, headers, _ = browse(shop + "/shop", {})
    order = headers["Location"]
    check("an online shop leads to the checkout", status == 303 and "/28100104" in order, (status, order))
    status, headers, page = browse(order, language="ja")
    text = page.decode()
    check("the page speaks the payer's language", "お支払い方法" in text and 'lang="ja"' in text, text)
    check("it names shop and price", "Kyoto Tea House" in text and "1800" in text.replace(",", ""), text[:900])
    check("wallets say what they would take", "KRW" in text and "PHP" in text and "HKD" in text, text)
    check("nobody frames or keeps it", headers["X-Frame-Options"] == "DENY" and headers["Cache-Control"] == "no-store")
    check("no script but its own", "script-src 'nonce-" in headers["Content-Security-Policy"])
    check("it waits", state_of(order) == {"state": "waiting", "redirectUrl": None}, state_of(order))
    pay_in_app(page, wallet, "minjun")
    state = until(order, "paid")
    check("the page knows it", state["state"] == "paid", state)
    check("and leads back to the shop", state["redirectUrl"].startswith(shop + "/shop/thanks?paymentRequestId="), state)
    page = browse(state["redirectUrl"])[2].decode()
    check("the shop asks the network and says thanks", "your order is paid" in page, page)
    text = browse(order)[2].decode()
    check("an order that is over offers nothing", "<svg" not in text and "Paid" in text, text)
    for bad in (order[:-1] + ("0" if order[-1] != "0" else "1"), order[:-4], order + "0000"):
        check("a code that nobody gave out is not known", browse(bad)[0] == 404, bad)
    check("nor does it tell its state", browse(order[:-1] + "x/state")[0] == 404)


def till(shop):
    status, _, page = browse(shop + "/till", {})
    text = page.decode()
    code = html.unescape(re.search(r'href="([^"]+)"', text)[1])
    picture = html.unescape(re.search(r'src="([^"]+)"', text)[1])
    check("a till shows a code", status == 200 and "/28100104" in code and picture == code + ".png", text)
    status, headers, image = browse(picture)
    check("as a picture", headers["Content-Type"] == "image/png" and image[:4] == b"\x89PNG", status)
    status, headers, image = browse(code + ".svg")
    check("in two forms", headers["Content-Type"] == "image/svg+xml" and image.startswith(b"<svg"), image[:80])
    return code


def race(network, code, wallets):
    """64 users of two wallets scan one code in the same moment."""
    def scan(number):
        wallet = wallets[number % 2]
        user = ("minjun", "maria")[number % 2]
        return control(wallet, "/sim/scan", {"user": user, "codeValue": code, "confirm": True})

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(scan, range(64)))
    taken = {json.dumps(answer.get("paymentRequestId")) for status, answer in answers if status == 200}
    refused = {answer["error"] for status, answer in answers if status != 200}
    check("64 scans, one order", len(taken) == 1, taken)
    # Who comes after the payment is told that it is over, also the payer.
    allowed = {"the network answered F REPEAT_REQ_INCONSISTENT", "the network answered F ORDER_IS_CLOSED"}
    check("the others are told why", refused <= allowed, refused)
    check("it is paid", until(code, "paid")["state"] == "paid")
    payment = json.loads(taken.pop())
    story = network.ask(f"/v1/payments/{payment}")
    check("once", story["state"] == "Paid" and [it["what"] for it in story["timeline"]].count("Approved") >= 1, story)
    posted = [it for it in story["entries"] if it["phase"] == "posted" and it["act"] == "payment"]
    sums = {}
    for entry in posted:
        sums[entry["currency"]] = sums.get(entry["currency"], 0) + (entry["debitMinor"] or 0) - (entry["creditMinor"] or 0)
    check("its entries sum to zero in every currency", posted and not any(sums.values()), sums)


def printed(network, wallets):
    body = {"acquirer": "A-TH", "merchant": "M-MANGO", "store": "M-MANGO-S1"}
    status, code = operate(network, "POST", "/v1/entry-codes", body)
    check("a store gets a code to print", status == 201 and code["currency"] == "THB", code)
    status, refusal = operate(network, "POST", "/v1/entry-codes", dict(body, store="nowhere"))
    check("a store that is none does not", status == 400 and refusal["message"].startswith("store:"), refusal)
    status, headers, image = browse(code["url"] + ".png")
    check("the code is a picture", image[:4] == b"\x89PNG", status)
    status, _, page = browse(code["url"], language="th-TH")
    text = page.decode()
    check("scanned, it opens the store's page", "Mango Sticky Rice Stall" in text and "จำนวนเงิน" in text, text)
    check("the keypad has a point for baht", ">.<" in text, text)
    attempt = re.search(r'name="attempt" value="([^"]+)"', text)[1]
    for bad in ("", "0", "1.234", "-5", "1e9", "abc", "99999999999999999999"):
        status, _, page = browse(code["url"], {"amount": bad, "attempt": attempt})
        check(f"{bad!r} is no amount", status == 200 and "Enter the amount" in page.decode(), page)
    status, headers, _ = browse(code["url"], {"amount": "85.50", "attempt": attempt})
    order = headers["Location"]
    check("an amount leads to an order", status in (302, 303) and "/28100104" in order, (status, order))
    again = browse(code["url"], {"amount": "85.50", "attempt": attempt})[1]["Location"]
    check("tapped twice it is one order", again == order, again)

    # Two shoppers, same store, same second.
    second = re.search(r'name="attempt" value="([^"]+)"', browse(code["url"])[2].decode())[1]
    other = browse(code["url"], {"amount": "85.50", "attempt": second})[1]["Location"]
    check("two shoppers have two orders", other != order, other)
    for url, wallet, user in ((order, wallets[0], "minjun"), (other, wallets[1], "maria")):
        status, scanned = control(wallet, "/sim/scan", {"user": user, "codeValue": url, "confirm": True})
        check("each pays its own", status == 200 and scanned["resultCode"] == "SUCCESS", scanned)
        check("85.50 baht", scanned["paymentAmount"].endswith("85.50"), scanned)

    status, newer = operate(network, "POST", "/v1/entry-codes", body)
    check("a new code takes the old one out of use", browse(code["url"])[0] == 404 and browse(newer["url"])[0] == 200)
    listed = operate(network, "GET", "/v1/entry-codes?acquirer=A-TH")[1]
    check("the list has the new one", newer["token"] in [it["token"] for it in listed], listed)
    check("it can be revoked", operate(network, "DELETE", f"/v1/entry-codes/{newer['token']}")[0] == 204)
    check("and is gone", browse(newer["url"])[0] == 404)
    check("twice it is not known", operate(network, "DELETE", f"/v1/entry-codes/{newer['token']}")[0] == 404)


def rules(network):
    rule = {"id": "duitnow", "matchType": "EMV_GUID", "matchValue": "A0000006150001", "acquirer": "A-TH", "action": "DECODE"}
    page = {"id": "pages", "matchType": "HOST", "matchValue": "qr.acquirer.example", "acquirer": "A-TH", "action": "OPEN_URL"}
    table = {"version": "7", "rules": [rule, page]}
    check("code rules are loaded", operate(network, "PUT", "/v1/code-rules", table) == (204, None))
    check("and shown as they were given", operate(network, "GET", "/v1/code-rules")[1] == table)
    clash = dict(page, id="clash", matchType="PREFIX", matchValue="https://qr.acquirer.example/x", acquirer="A-JP")
    status, refusal = operate(network, "PUT", "/v1/code-rules", {"version": "8", "rules": [rule, page, clash]})
    is_told = status == 400 and "clash" in refusal["message"] and "pages" in refusal["message"]
    check("two rules for one text are refused, both named", is_told, refusal)
    check("nothing changed", operate(network, "GET", "/v1/code-rules")[1] == table)
    own = dict(page, id="own", matchType="PREFIX", matchValue=f"http://127.0.0.1:{network.port}/2810", acquirer="A-JP")
    status, refusal = operate(network, "PUT", "/v1/code-rules", {"version": "9", "rules": [own]})
    check("nobody takes the network's own codes", status == 400 and "own" in refusal["message"], refusal)


def private(network, acquirer, wallets):
    """A code of the acquirer's country: the network asks the acquirer what it means."""
    code = with_checksum("00020101021126400014A000000615000101065887340208MBBQR1665204581453037645802TH5905MANGO6007BANGKOK6304")
    order = {"codeValue": code, "merchantId": "M-MANGO", "currency": "THB", "value": 9900}
    status, refusal = control(wallets[0], "/sim/scan", {"user": "minjun", "codeValue": code, "confirm": True})
    check("a code that no acquirer sold is refused", status == 409 and "INVALID_CODE" in refusal["error"], refusal)
    check("the acquirer sells by a code of its own", control(acquirer, "/sim/code", order)[0] == 200)
    control(acquirer, "/sim/behaviour", {"api": "userInitiatedPay", "words": "wrong-signature, garbage, S"})
    for _ in range(2):
        status, refusal = control(wallets[0], "/sim/scan", {"user": "minjun", "codeValue": code, "confirm": True})
        check("an answer that cannot be trusted is none", status == 409 and "UNKNOWN_EXCEPTION" in refusal["error"], refusal)
    status, scanned = control(wallets[0], "/sim/scan", {"user": "minjun", "codeValue": code, "confirm": True})
    check("scanned, the acquirer is asked and the order is paid", status == 200 and scanned["resultCode"] == "SUCCESS", scanned)
    check("99 baht", scanned.get("paymentAmount", "").endswith("99.00"), scanned)
    status, refusal = control(wallets[1], "/sim/scan", {"user": "maria", "codeValue": code, "confirm": True})
    check("once", status == 409 and "ORDER_IS_CLOSED" in refusal["error"], refusal)


def asked(network):
    """What wallets and acquirers ask before a payment."""
    table = signed(network, "W-KR", "/aps/api/v1/codes/inquiryCodeRules", {})
    ids = [it["codeRuleId"] for it in table["codeRules"]]
    check("a wallet gets the table, its version, and the network's own codes",
          table["version"] == "7" and ids == ["dhow-order", "dhow-entry", "duitnow", "pages"], table)
    page = signed(network, "W-KR", "/aps/api/v1/codes/identifyCode", {"codeValue": "https://qr.acquirer.example/1"})
    check("a page is to be opened", page.get("postCodeMatchActionType") == "OPEN_URL", page)
    other = signed(network, "W-KR", "/aps/api/v1/codes/identifyCode", {"codeValue": "https://evil.example/28100104"})
    check("a foreign address is not supported", other["isSupported"] in (False, "false"), other)
    consult = {"paymentAmount": {"currency": "JPY", "value": "1200"}, "userRegion": "PH",
               "paymentFactor": {"isCashierPayment": "true"}, "settlementStrategy": {"settlementCurrency": "JPY"}}
    options = signed(network, "A-JP", "/aps/api/v1/payments/consultPayment", consult)["paymentOptions"]
    kinds = [it["paymentMethodType"] for it in options]
    check("an acquirer learns who can pay, the user's region first", kinds[:2] == ["CONNECT_WALLET", "W-PH"], options)
    check("all can", all(it["enabled"] in (True, "true") for it in options), options)


def decoded(network):
    paynow = "00020101021126400009SG.PAYNOW010120213200002150HWCF030115204000053037025802SG5923NATIONAL HEALTHCARE GRO6009Singapore6304DF3F"
    status, said = operate(network, "POST", "/v1/qr/decode", {"payload": paynow})
    check("POST /v1/qr/decode reads a national code", status == 200 and said["valid"] and said["country"] == "SG", said)
    status, said = operate(network, "POST", "/v1/qr/decode", {"payload": paynow[:-1] + "0"})
    check("and says what is wrong with another", status == 200 and not said["valid"] and said["error"], said)


def main():
    network = Demonstration()
    network.start(traffic_ms=1000)
    partners = {it["code"]: it["endpoints"] for it in network.ask("/v1/participants")}
    wallets = [partners["W-KR"]["origin"], partners["W-PH"]["origin"]]
    shop = partners["A-JP"]["origin"]
    checkout(network, shop, wallets[0])
    race(network, till(shop), wallets)
    printed(network, wallets)
    rules(network)
    private(network, partners["A-TH"]["origin"], wallets)
    asked(network)
    decoded(network)
    network.compare("at the end")
    network.stop()
    network.verify()
    network.clear()
    end()


main()
