import concurrent.futures
import html
import json
import os
import re
import time
import urllib.parse

from browser import browse, control, operate, signed
from demonstration import Demonstration, check, end


def subscribe(shop, wallet, user, code="W-KR"):
    """A shopper's way to a subscription, in the words of a browser."""
    status, _, page = browse(shop + "/subscribe")
    check("the shop shows the wallets", status == 200 and f'value="{code}"' in page.decode(), page)
    status, headers, page = browse(shop + "/subscribe", {"wallet": code})
    consent = headers["Location"]
    check("and leads to the wallet", status == 303 and consent.startswith(wallet + "/app/consent"), (status, consent, page))
    status, _, page = browse(consent)
    check("the wallet says who asks", status == 200 and "Kyoto Tea House" in page.decode(), page)
    agreement = urllib.parse.parse_qs(consent.split("?")[1])["agreement"][0]
    status, headers, _ = browse(wallet + "/app/consent", {"agreement": agreement, "user": user})
    back = headers["Location"]
    check("consented, the user goes back by way of the network", status == 303 and "/a/" in back, (status, back))
    return agreement, back


def state_of(shop, agreement=None):
    return json.loads(browse(shop + "/sim/state")[2])["subscriptions"][-1]


def first(network, shop, wallet):
    agreement, back = subscribe(shop, wallet, "minjun")
    for bad in (back.replace("authState=", "authState=x"), back.replace("/a/", "/a/f"), back.split("?")[0]):
        check("a way back that is not this one leads nowhere", browse(bad)[0] in (400, 404), bad)
    status, headers, _ = browse(back)
    page = headers["Location"]
    check("the network leads on to the merchant, with a code of its own",
          status == 303 and page.startswith(shop + "/subscribe/back?authCode=") and agreement[4:] in page, (status, page))
    status, _, text = browse(page)
    text = html.unescape(text.decode())
    check("the merchant has its token and the first month", "the first month is paid" in text, text)
    check("and the user's name for signing in, masked", "You subscribed as mi***" in text, text)
    subscription = state_of(shop)
    check("the code gives the same tokens again", control(shop, "/sim/grant", {
        "state": subscription["state"], "authCode": urllib.parse.parse_qs(page.split("?")[1])["authCode"][0],
    })[1]["resultCode"] == "SUCCESS")
    return agreement, subscription["state"]


def debit(shop, state, value=0, **more):
    return control(shop, "/sim/debit", {"state": state, "value": value, **more})[1].get("resultCode")


def debits(network, shop, state):
    check("the second month goes without the user", debit(shop, state) == "SUCCESS")
    check("more than the user has is refused by the wallet", debit(shop, state, 900_000_000) == "USER_BALANCE_NOT_ENOUGH")
    told = control(shop, "/sim/debit", {"state": state, "merchantId": "M-RAMEN"})[1]
    check("another merchant's debit with this token is refused", told["resultCode"] == "INVALID_TOKEN", told)
    check("fresh tokens", control(shop, "/sim/refresh", {"state": state})[1]["resultCode"] == "SUCCESS")
    check("and a debit with them", debit(shop, state) == "SUCCESS")
    token = "0" * 80
    pay = {"paymentRequestId": "forged-1", "paymentAmount": {"currency": "JPY", "value": "100"},
           "paymentMethod": {"paymentMethodType": "CONNECT_WALLET", "paymentMethodId": token},
           "paymentFactor": {"isAgreementPayment": "true"}, "settlementStrategy": {"settlementCurrency": "JPY"},
           "order": {"referenceOrderId": "o-1", "orderDescription": "tea", "orderAmount": {"currency": "JPY", "value": "100"},
                     "merchant": {"referenceMerchantId": "M-TEA", "merchantMCC": "5499", "merchantName": "Kyoto Tea House"}}}
    for token in ("0" * 80, "x", "agr_1", "9" * 128):
        pay["paymentMethod"]["paymentMethodId"] = token
        pay["paymentRequestId"] = "forged-" + token[:5] + str(len(token))
        said = signed(network, "A-JP", "/aps/api/v1/payments/pay", pay)["result"]
        check("a made-up token is refused", said["resultCode"] == "INVALID_TOKEN", said)
    del pay["paymentMethod"]["paymentMethodId"]
    said = signed(network, "A-JP", "/aps/api/v1/payments/pay", pay)["result"]
    check("no token is a missing field", said["resultCode"] == "PARAM_ILLEGAL" and "paymentMethodId" in said["resultMessage"], said)


def allowance(network, shop, state):
    """30,000 won in 30 days: the rest of it is raced for by 16 debits."""
    contract = operate(network, "GET", "/v1/participants/W-KR/contract")[1]
    contract.pop("version", None)
    seen = operate(network, "GET", f"/v1/agreements?acquirer=A-JP")[1]
    taken = int(seen[-1]["takenMinor"])
    limit = taken + 40_000
    contract["debitAllowances"] = [{"currency": "KRW", "value": str(limit)}]
    status, said = operate(network, "PUT", "/v1/participants/W-KR/contract", contract)
    check("an allowance is set in the wallet's contract", status in (200, 204), said)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: debit(shop, state, 1200), range(16)))
    paid = codes.count("SUCCESS")
    check("16 debits race, as many pass as the allowance holds", 0 < paid < 16, codes)
    check("the others are told why", set(codes) == {"SUCCESS", "USER_AMOUNT_EXCEED_LIMIT"}, codes)
    seen = operate(network, "GET", f"/v1/agreements?acquirer=A-JP")[1][-1]
    check("never more than the allowance", int(seen["takenMinor"]) <= limit < int(seen["takenMinor"]) + 12_000, seen)
    contract["debitAllowances"] = []
    operate(network, "PUT", "/v1/participants/W-KR/contract", contract)


def race(shop, wallet, agreement, state):
    """Debits and the user's withdrawal at the same moment: after the withdrawal nothing passes."""
    ended = []

    def withdraw():
        time.sleep(0.3)
        status, told = control(wallet, "/sim/unbind", {"user": "minjun", "agreement": agreement, "consult": True})
        ended.append((time.monotonic(), status, told))

    def keep_debiting(_):
        """Until the withdrawal is over and two more were tried: a fast machine must not finish before it."""
        tried, last_ones = [], 2
        while last_ones:
            last_ones -= end_of.done()
            tried.append((time.monotonic(), debit(shop, state, 1200)))
        return tried

    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        end_of = pool.submit(withdraw)
        codes = [one for tried in pool.map(keep_debiting, range(8)) for one in tried]
        end_of.result()
    when, status, told = ended[0]
    check("the user withdraws, and the merchant was asked", status == 200 and told is True, told)
    late = [code for begun, code in codes if begun > when]
    check("before it debits pass", any(code == "SUCCESS" for _, code in codes), codes)
    check("after it none does", late and set(late) == {"INVALID_TOKEN"}, late)
    for _ in range(50):
        if state_of(shop)["isOver"]:
            break
        time.sleep(0.1)
    check("the merchant was told", state_of(shop)["isOver"])


def by_merchant(network, shop, wallet):
    control(wallet, "/sim/behaviour", {"api": "cancelToken", "words": "silent, garbage, S"})
    agreement, back = subscribe(shop, wallet, "seoyeon")
    browse(browse(back)[1]["Location"])
    state = state_of(shop)["state"]
    check("the merchant ends it, with a wallet that is deaf", control(shop, "/sim/unsubscribe", {"state": state})[1]["resultCode"] == "SUCCESS")
    check("from that moment no debit passes", debit(shop, state) == "INVALID_TOKEN")
    check("ended twice it is ended", control(shop, "/sim/unsubscribe", {"state": state})[1]["resultCode"] == "SUCCESS")
    for _ in range(300):
        told = json.loads(browse(wallet + "/sim/state")[2])
        if told.get("counts", {}).get("cancelToken", 0) >= 3:
            break
        time.sleep(0.1)
    check("the wallet is told until it hears", told.get("counts", {}).get("cancelToken", 0) >= 3, told.get("counts"))
    return agreement


def by_operator(network, shop, wallet):
    agreement, back = subscribe(shop, wallet, "seoyeon")
    browse(browse(back)[1]["Location"])
    state = state_of(shop)["state"]
    status, said = operate(network, "GET", f"/v1/agreements/{agreement}")
    check("the operator sees the agreement, and no token", status == 200 and said["state"] == "Active" and "oken" not in json.dumps(said).replace("tokenUntil", ""), said)
    check("the operator ends it", operate(network, "DELETE", f"/v1/agreements/{agreement}")[0] == 204)
    check("and no debit passes", debit(shop, state) == "INVALID_TOKEN")
    for _ in range(50):
        if state_of(shop)["isOver"]:
            break
        time.sleep(0.1)
    check("the merchant is told", state_of(shop)["isOver"])
    check("an agreement that is none is not found", operate(network, "GET", "/v1/agreements/agr_" + "0" * 32)[0] == 404)


def unsaid(network, shop, wallet):
    """What goes wrong on the way."""
    control(wallet, "/sim/behaviour", {"api": "prepare", "words": "wrong-signature"})
    status, told = control(shop, "/sim/subscribe", {"wallet": "W-KR"})
    check("a wallet that cannot be trusted gives no page", told.get("resultCode") == "UNKNOWN_EXCEPTION", told)
    status, told = control(shop, "/sim/subscribe", {"wallet": "W-XX"})
    check("a wallet that is none", told.get("resultCode") == "UNAVAILABLE_PAYMENT_METHOD", told)
    status, told = control(shop, "/sim/subscribe", {"wallet": "W-KR"})
    agreement = urllib.parse.parse_qs(told["authUrl"].split("?")[1])["agreement"][0]
    status, back = control(wallet, "/sim/consent", {"user": "minjun", "agreement": agreement})
    code = urllib.parse.parse_qs(browse(back)[1]["Location"].split("?")[1])["authCode"][0]
    control(wallet, "/sim/behaviour", {"api": "applyToken", "words": "garbage, lost-reply"})
    for _ in range(2):
        lost = control(shop, "/sim/grant", {"state": told["state"], "authCode": code})[1]
        check("an answer that is lost is U", lost.get("resultCode") == "UNKNOWN_EXCEPTION", lost)
    given = control(shop, "/sim/grant", {"state": told["state"], "authCode": code})[1]
    check("asked again it gives the token", given.get("resultCode") == "SUCCESS", given)
    for bad in (code[:-1], code[:32], "0" * 40, code[:31] + ("0" if code[31] != "0" else "1") + code[32:]):
        said = control(shop, "/sim/grant", {"state": told["state"], "authCode": bad})[1]
        check("another code gives none", said.get("resultCode") == "INVALID_AUTHCODE", said)
    other = {"authClientId": "M-TEA", "grantType": "AUTHORIZATION_CODE", "authCode": code}
    said = signed(network, "A-TH", "/aps/api/v1/authorizations/applyToken", other)["result"]
    check("nor does the right one to another acquirer", said["resultCode"] == "INVALID_AUTHCODE", said)
    for what in ("authCode", "grantType"):
        body = {name: value for name, value in other.items() if name != what}
        said = signed(network, "A-JP", "/aps/api/v1/authorizations/applyToken", body)["result"]
        check(f"{what} is asked for by its name", said["resultCode"] == "PARAM_ILLEGAL" and what in said["resultMessage"], said)
    return told["state"]


def after_a_crash(network, shop, state, secrets):
    network.process.kill()
    network.process.wait()
    network.start(traffic_ms=1000)
    partners = {it["code"]: it["endpoints"] for it in network.ask("/v1/participants")}
    shop = partners["A-JP"]["origin"]
    seen = network.ask("/v1/agreements?acquirer=A-JP")
    active = [it for it in seen if it["state"] == "Active"]
    ended = [it for it in seen if it["state"] == "Ended"]
    check("after kill -9 agreements stand as they did", len(active) >= 1 and len(ended) == 3, seen)
    held = b"".join(open(os.path.join(folder, name), "rb").read()
                    for folder, _, names in os.walk(network.data) if "partners" not in folder
                    for name in names)
    check("no token is in the log, in a snapshot or in the index", not any(secret in held for secret in secrets), len(held))


def main():
    network = Demonstration()
    network.start(traffic_ms=1000)
    partners = {it["code"]: it["endpoints"] for it in network.ask("/v1/participants")}
    wallet, shop = partners["W-KR"]["origin"], partners["A-JP"]["origin"]
    agreement, state = first(network, shop, wallet)
    debits(network, shop, state)
    allowance(network, shop, state)
    race(shop, wallet, agreement, state)
    by_merchant(network, shop, wallet)
    by_operator(network, shop, wallet)
    left = unsaid(network, shop, wallet)
    network.compare("at the end")
    after_a_crash(network, shop, left, [b"access-28", b"refresh-28"])
    network.stop()
    network.verify()
    network.clear()
    end()


main()
