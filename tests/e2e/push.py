import concurrent.futures
import json
import os
import re
import time
import urllib.parse

from browser import browse, control, operate, signed, with_checksum
from demonstration import Demonstration, check, end

PAGE = {"id": "promptpay", "matchType": "EMV_GUID", "matchValue": "A000000677010111", "acquirer": "A-TH", "action": "DECODE"}
ORDER = {"id": "duitnow", "matchType": "EMV_GUID", "matchValue": "A0000006150001", "acquirer": "A-TH", "action": "DECODE"}
# A shop's mobile number stands in it: no log may show it.
OPEN = with_checksum("00020101021129370016A00000067701011101130066898765432530376458" "02TH5911MANGO STALL6007BANGKOK6304")
FIXED = with_checksum("00020101021126400014A000000615000101065887340208MBBQR16652045814530376454045.005802TH5905MANGO6007BANGKOK6304")


def seen(partner):
    return json.loads(browse(partner + "/sim/state")[2])


def until(look, wanted, seconds=20):
    for _ in range(seconds * 10):
        last = look()
        if wanted(last):
            return last
        time.sleep(0.1)
    return last


def story(network, payment):
    return operate(network, "GET", f"/v1/payments/{payment}")[1]


def open_page(network, sticker=OPEN):
    told = signed(network, "W-PH", "/aps/api/v1/codes/identifyCode", {"codeValue": sticker})
    return told.get("redirectUrl", ""), told


def order_on_page(network, amount="60"):
    url, _ = open_page(network)
    attempt = re.search(r'name="attempt" value="([^"]+)"', browse(url)[2].decode())[1]
    return browse(url, {"amount": amount, "attempt": attempt})[1]["Location"]


def pay_page(network, wallet, user="jose", amount="60"):
    """One payment by the sticker; the network's id of it."""
    status, scanned = control(wallet, "/sim/scan", {"user": user, "codeValue": order_on_page(network, amount), "confirm": True})
    check("the wallet pays", status == 200 and scanned["resultCode"] == "SUCCESS", scanned)
    return scanned["paymentRequestId"]


def taken(wallet, payment):
    """What the wallet has of its user for a payment, in minor units."""
    row = next(it for it in seen(wallet)["payments"] if it["paymentRequestId"] == payment)
    return row["takenMinor"] - row["returnedMinor"]


def pages(network, bank):
    url, told = open_page(network)
    check("a sticker that says no amount leads to a page of the network",
          told["postCodeMatchActionType"] == "OPEN_URL" and url.startswith(f"http://127.0.0.1:{network.port}/n?codeValue="), told)
    status, _, page = browse(url)
    check("a sticker that no shop has up is not known", status == 200 and "not known" in page.decode(), page)
    check("a shop puts it up", control(bank, "/sim/sticker", {"codeValue": OPEN, "merchantId": "M-MANGO"})[0] == 200)
    status, headers, page = browse(url, language="ko-KR")
    text = page.decode()
    check("scanned, it asks for the amount in the payer's language", status == 200 and "금액" in text and "THB" in text, text)
    check("with a point for baht", ">.<" in text, text)
    attempt = re.search(r'name="attempt" value="([^"]+)"', text)[1]
    for bad in ("", "0", "1.234", "-5", "abc"):
        status, _, page = browse(url, {"amount": bad, "attempt": attempt})
        check(f"{bad!r} is no amount", status == 200 and "Enter the amount" in page.decode(), page)
    first = browse(url, {"amount": "60", "attempt": attempt})[1]["Location"]
    check("an amount leads to an order", first is not None and "/28100104" in first, first)
    check("tapped twice it is one order", browse(url, {"amount": "60", "attempt": attempt})[1]["Location"] == first)
    for bad in ("/n", "/n?codeValue=", "/n?codeValue=xyz", "/n?codeValue=https%3A%2F%2Fevil.example%2F", "/n?codeValue=" + "9" * 9000):
        status, _, page = browse(f"http://127.0.0.1:{network.port}{bad}")
        check(f"{bad[:30]} is no page", status in (400, 404, 414), (status, page[:200]))
    control(bank, "/sim/behaviour", {"api": "userInitiatedPay", "words": "wrong-signature"})
    status, _, page = browse(url)
    check("an acquirer that cannot be trusted opens nothing", 'name="attempt"' not in page.decode(), page)


def accepted(network, bank, wallet):
    payment = pay_page(network, wallet)
    told = until(lambda: story(network, payment), lambda it: it["result"] == "SUCCESS")
    check("the bank is told and takes it", told["push"]["state"] == "Accepted", told)
    known = seen(bank)["pushed"][payment]
    check("once", known["times"] == 1 and known["result"] == "SUCCESS", known)
    check("it names the payment", told["paymentRequestId"] == known["paymentRequestId"], told)
    check("the user has paid", taken(wallet, payment) > 0)
    asked = signed(network, "A-TH", "/aps/api/v1/payments/inquiryPayment", {"paymentRequestId": known["paymentRequestId"]})
    check("the bank finds it by its own name", asked["paymentResult"]["resultStatus"] == "S" and asked["paymentId"] == payment, asked)
    refund = {"paymentRequestId": known["paymentRequestId"], "refundRequestId": "R-1", "refundAmount": {"currency": "THB", "value": "1000"}}
    given = signed(network, "A-TH", "/aps/api/v1/payments/refund", refund)
    check("and refunds a part of it", given["result"]["resultStatus"] == "S", given)
    again = {"paymentResult": {"resultStatus": "S", "resultCode": "SUCCESS"}, "paymentId": payment}
    said = signed(network, "A-TH", "/aps/api/v1/payments/notifyPushPayment", again)
    check("said again it is acknowledged again", said["result"]["resultStatus"] == "S", said)
    again["paymentResult"] = {"resultStatus": "F", "resultCode": "RISK_REJECT"}
    said = signed(network, "A-TH", "/aps/api/v1/payments/notifyPushPayment", again)
    check("taken back it is refused", said["result"]["resultCode"] == "REPEAT_REQ_INCONSISTENT", said)
    other = signed(network, "A-JP", "/aps/api/v1/payments/notifyPushPayment", again)
    check("another acquirer knows nothing of it", other["result"]["resultCode"] == "ORDER_NOT_EXIST", other)
    again["paymentResult"] = {"resultStatus": "U", "resultCode": "PAYMENT_IN_PROCESS"}
    said = signed(network, "A-TH", "/aps/api/v1/payments/notifyPushPayment", again)
    check("a notification is final", said["result"]["resultCode"] == "PARAM_ILLEGAL", said)


def refused(network, bank, wallet):
    control(bank, "/sim/behaviour", {"api": "pushPayment", "words": "decline:RISK_REJECT"})
    payment = pay_page(network, wallet, "maria")
    told = until(lambda: story(network, payment), lambda it: it["state"] == "Cancelled")
    check("what the bank refuses is undone", told["state"] == "Cancelled" and told["push"]["state"] == "Refused", told)
    check("and the user has the money back", taken(wallet, payment) == 0)
    late = {"paymentResult": {"resultStatus": "S", "resultCode": "SUCCESS"}, "paymentId": payment}
    said = signed(network, "A-TH", "/aps/api/v1/payments/notifyPushPayment", late)
    check("changing its mind it is told not to credit the shop", said["result"]["resultCode"] == "ORDER_IS_CLOSED", said)
    broken = operate(network, "GET", "/v1/breaks")[1]
    check("and the operator sees it", payment in json.dumps(broken), broken)


def unsure(network, bank, wallet):
    for words in ("lost-reply", "garbage", "wrong-signature", "silent", "http:500"):
        control(bank, "/sim/behaviour", {"api": "pushPayment", "words": words})
        payment = pay_page(network, wallet, amount="7.50")
        told = until(lambda: story(network, payment), lambda it: it["result"] == "SUCCESS", 40)
        known = seen(bank)["pushed"].get(payment, {})
        times = 2 if words in ("silent", "http:500") else 1
        check(f"after {words} the bank is asked, and told again where it never heard",
              told["result"] == "SUCCESS" and known.get("result") == "SUCCESS" and known.get("times", 0) <= times, (told["push"], known))
    control(bank, "/sim/behaviour", {"api": "pushPayment", "words": "needs-user"})
    payment = pay_page(network, wallet)
    told = story(network, payment)
    check("a bank may take its time", told["push"]["state"].startswith("Waiting") and told["result"] == "PAYMENT_IN_PROCESS", told)
    early = {"paymentId": payment, "refundRequestId": "R-2", "refundAmount": {"currency": "THB", "value": "1000"}}
    said = signed(network, "A-TH", "/aps/api/v1/payments/refund", early)
    check("no refund before", said["result"]["resultStatus"] == "F", said)
    status, said = control(bank, "/sim/decide-push", {"paymentId": payment, "isAccepted": True})
    check("and decide by notifyPushPayment", status == 200 and said == "SUCCESS", said)
    check("then it is paid", story(network, payment)["result"] == "SUCCESS")


def fixed(network, bank, wallet):
    check("a sticker with a price", control(bank, "/sim/sticker", {"codeValue": FIXED, "merchantId": "M-MANGO", "currency": "THB", "value": 500})[0] == 200)
    first = control(wallet, "/sim/scan", {"user": "jose", "codeValue": FIXED})[1]
    again = control(wallet, "/sim/scan", {"user": "jose", "codeValue": FIXED})[1]
    check("scanned twice by one user it is one order", first["paymentRequestId"] == again["paymentRequestId"], (first, again))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        bodies = [{"user": user, "codeValue": FIXED, "confirm": True} for user in ("jose", "maria")]
        answers = list(pool.map(lambda body: control(wallet, "/sim/scan", body)[1], bodies))
    ids = {it.get("paymentRequestId") for it in answers}
    check("two users have an order each", len(ids) == 2 and all(it.get("resultCode") == "SUCCESS" for it in answers), answers)
    third = control(wallet, "/sim/scan", {"user": "jose", "codeValue": FIXED, "confirm": True})[1]
    check("and it is paid again next time", third["paymentRequestId"] not in ids and third["resultCode"] == "SUCCESS", third)
    status, refusal = control(wallet, "/sim/scan", {"user": "jose", "codeValue": OPEN, "confirm": True})
    check("a code without a price is not decoded", status == 409, refusal)


def after_a_crash(network, bank, wallet):
    control(bank, "/sim/behaviour", {"api": "pushPayment", "words": "silent-paid"})
    payment = pay_page(network, wallet)
    network.process.kill()
    network.process.wait()
    network.start(10_000)
    bank = partners(network)[0]
    told = until(lambda: story(network, payment), lambda it: it["result"] == "SUCCESS", 40)
    check("after kill -9 the bank is told until it has said", told["result"] == "SUCCESS", told["push"])
    network.compare("after the crash")
    return bank


def no_secrets(network):
    number = OPEN[OPEN.index("0066"):][:13].encode()
    leaks = []
    for folder, _, files in os.walk(network.data):
        if "partners" in folder:
            continue
        leaks += [file for file in files if number in open(os.path.join(folder, file), "rb").read()]
    check("what was scanned stands in no log, snapshot or index", not leaks, leaks)


def stores(network, wallets):
    place = "/v1/participants/A-TH/merchants/M-MANGO/stores/M-MANGO-S1/display"
    check("a store shows itself as registered", operate(network, "GET", place) == (200, {"wallets": [], "names": {}}))
    body = {"wallets": ["W-PH"], "names": {"ko": "망고 가게"}}
    check("it takes one wallet and has a Korean name", operate(network, "PUT", place, body)[0] == 204)
    check("as it was given", operate(network, "GET", place) == (200, body))
    for bad, field in (({"wallets": ["A-JP"]}, "wallets"), ({"names": {"kö": "x"}}, "names"), ({"names": {"ko": ""}}, "names")):
        status, refusal = operate(network, "PUT", place, bad)
        check(f"{bad} is refused by name", status == 400 and field in refusal["message"], refusal)
    check("a wallet that is none", operate(network, "PUT", place, {"wallets": ["W-XX"]})[0] == 404)
    check("a store that is none", operate(network, "PUT", place.replace("S1", "S9"), body)[0] == 400)
    entry = {"acquirer": "A-TH", "merchant": "M-MANGO", "store": "M-MANGO-S1", "currency": "THB"}
    code = operate(network, "POST", "/v1/entry-codes", entry)[1]
    page = browse(code["url"], language="ko")[2].decode()
    check("its page has the Korean name", "망고 가게" in page, page)
    check("and the usual one for others", "Mango Sticky Rice" in browse(code["url"])[2].decode())
    attempt = re.search(r'name="attempt" value="([^"]+)"', page)[1]
    order = browse(code["url"], {"amount": "20", "attempt": attempt})[1]["Location"]
    status, refusal = control(wallets["W-KR"], "/sim/scan", {"user": "minjun", "codeValue": order, "confirm": True})
    check("another wallet is refused", status == 409 and "UNAVAILABLE_PAYMENT_METHOD" in refusal["error"], refusal)
    status, paid = control(wallets["W-PH"], "/sim/scan", {"user": "jose", "codeValue": order, "confirm": True})
    check("the order stays for the one it takes", status == 200 and paid["resultCode"] == "SUCCESS", paid)
    check("all wallets again", operate(network, "PUT", place, {})[0] == 204)


def choice(network, shop, wallets):
    """A merchant leaves the wallet to the user."""
    status, told = control(shop, "/sim/subscribe", {"wallet": ""})
    check("prepare without a wallet", status == 200, told)
    page = told["authUrl"]
    text = browse(page)[2].decode()
    check("leads to a page with the wallets", "Hanro Pay" in text and "Luzon Pay" in text, text)
    status, headers, _ = browse(page + "/W-PH")
    check("one is chosen", status in (302, 303) and headers["Location"].startswith(wallets["W-PH"]), (status, headers["Location"]))
    status, headers, _ = browse(page + "/W-KR")
    check("and then another", status in (302, 303) and headers["Location"].startswith(wallets["W-KR"]), (status, headers["Location"]))
    agreement = urllib.parse.parse_qs(urllib.parse.urlparse(headers["Location"]).query)["agreement"][0]
    status, back = control(wallets["W-KR"], "/sim/consent", {"user": "minjun", "agreement": agreement})
    location = browse(back)[1]["Location"]
    code = urllib.parse.parse_qs(urllib.parse.urlparse(location).query)["authCode"][0]
    granted = control(shop, "/sim/grant", {"state": told["state"], "authCode": code})[1]
    check("the consent holds", granted.get("resultCode") == "SUCCESS", granted)
    check("no more choice after it", browse(page)[0] == 404)
    status, _, page = browse(told["authUrl"] + "/W-PH")
    check("nor by its address", status == 200 and "does not wait" in page.decode() or status == 404, (status, page))
    check("a page of nobody", browse(f"http://127.0.0.1:{network.port}/c/{'0' * 32}")[0] == 404)


def partners(network):
    found = {}
    for code in ("W-KR", "W-PH", "W-HK", "A-JP", "A-TH"):
        found[code] = operate(network, "GET", f"/v1/participants/{code}")[1]["endpoints"]["origin"]
    return found["A-TH"], found["A-JP"], found


def main():
    network = Demonstration()
    network.start(10_000)
    bank, shop, wallets = partners(network)
    table = {"version": "2", "rules": [PAGE, ORDER]}
    check("code rules are loaded", operate(network, "PUT", "/v1/code-rules", table) == (204, None))
    pages(network, bank)
    accepted(network, bank, wallets["W-PH"])
    refused(network, bank, wallets["W-PH"])
    unsure(network, bank, wallets["W-PH"])
    fixed(network, bank, wallets["W-PH"])
    stores(network, wallets)
    choice(network, shop, wallets)
    network.compare("before the crash")
    after_a_crash(network, bank, wallets["W-PH"])
    network.stop()
    no_secrets(network)
    network.verify()
    network.clear()
    end()


main()
