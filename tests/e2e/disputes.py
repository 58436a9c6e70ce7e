import json
import time

from browser import browse, control, operate, signed
from demonstration import Demonstration, check, end


def seen(partner):
    return json.loads(browse(partner + "/sim/state")[2])


def until(look, wanted):
    for _ in range(100):
        last = look()
        if wanted(last):
            return last
        time.sleep(0.1)
    return last


def result(network, partner, path, body):
    return signed(network, partner, "/aps/api/v1/" + path, body)["result"]


def merchant(reference, number="T-7"):
    return {
        "registrationRequestId": f"REG-{reference}-{number}", "productCodes": ["IN_STORE_PAYMENT"],
        "merchantInfo": {
            "referenceMerchantId": reference, "merchantName": "Noodle Bar", "merchantMCC": "5812",
            "merchantAddress": {"region": "JP", "city": "Kobe"},
            "registrationDetail": {"legalName": "Noodle Bar KK", "registrationType": "ENTERPRISE_REGISTRATION_NO", "registrationNo": number},
        },
        "storeInfo": {"referenceStoreId": f"{reference}-S1", "storeName": "Noodle Bar", "storeMCC": "5812"},
    }


def reviews(network, shop, wallets):
    contract = operate(network, "GET", "/v1/participants/W-HK/contract")[1]
    contract.pop("version", None)
    contract["approvesMerchants"] = True
    check("a wallet that reviews merchants", operate(network, "PUT", "/v1/participants/W-HK/contract", contract)[0] in (200, 204))
    control(wallets["W-HK"], "/sim/behaviour", {"api": "registration", "words": "needs-user"})
    said = result(network, "A-JP", "merchants/registration", merchant("M-NOODLE"))
    check("a merchant is registered", said["resultStatus"] == "S", said)
    for code in ("W-KR", "W-PH", "W-HK"):
        told = until(lambda: seen(wallets[code])["merchants"], lambda it: "M-NOODLE" in it)
        check(f"{code} hears of it", told.get("M-NOODLE", {}).get("name") == "Noodle Bar KK", told)

    def status():
        body = {"referenceMerchantId": "M-NOODLE", "referenceStoreId": "M-NOODLE-S1"}
        answer = signed(network, "A-JP", "/aps/api/v1/merchants/inquiryRegistrationStatus", body)
        each = {it["pspName"]: it["registrationResult"]["registrationStatus"] for it in answer["pspRegistrationResultList"]}
        return answer["registrationResult"]["registrationStatus"], each

    overall, each = until(status, lambda it: it[1]["Luzon Pay"] == "APPROVED")
    check("it waits for the one that reviews", overall == "PENDING" and each["Peak Pay"] == "PENDING", (overall, each))
    status_code, said = control(wallets["W-HK"], "/sim/decide", {"merchantId": "M-NOODLE", "reason": "no photographs"})
    check("the wallet decides", status_code == 200, said)
    overall, each = status()
    check("the acquirer learns it when it asks", overall == "COMPLETED" and each["Peak Pay"] == "REJECTED", (overall, each))
    told = until(lambda: seen(shop)["registrations"], lambda it: "REJECTED" in it.get("M-NOODLE", ""))
    check("and is told without asking", "Peak Pay REJECTED" in told.get("M-NOODLE", ""), told)
    control(wallets["W-HK"], "/sim/decide", {"merchantId": "M-NOODLE"})
    check("a wallet may change its mind", status()[1]["Peak Pay"] == "APPROVED")
    forged = {"referenceMerchantId": "M-NOODLE", "registrationRequestId": "reg-000000ff-1", "registrationResult": {"registrationStatus": "APPROVED"}}
    said = result(network, "W-HK", "merchants/notifyRegistrationStatus", forged)
    check("of a registration that is none nothing is decided", said["resultCode"] == "RECORD_NOT_FOUND", said)
    said = result(network, "A-JP", "merchants/notifyRegistrationStatus", forged)
    check("nor by an acquirer", said["resultCode"] == "ACCESS_DENIED", said)


def buy(network, shop, wallet, user):
    code = browse(shop + "/till", {})[2].decode()
    url = code.split('href="')[1].split('"')[0]
    status, paid = control(wallet, "/sim/scan", {"user": user, "codeValue": url, "confirm": True})
    check("something is bought", status == 200 and paid["resultCode"] == "SUCCESS", paid)
    payment = paid["paymentRequestId"]
    until(lambda: network.ask(f"/v1/payments/{payment}")["state"], lambda it: it == "Paid")
    return payment


def dispute(wallet, number, payment, value=0, currency="JPY"):
    body = {"disputeRequestId": number, "paymentRequestId": payment, "value": value, "currency": currency, "reason": "never came"}
    return control(wallet, "/sim/dispute", body)


def answer(shop, number, answer, value=0):
    return control(shop, "/sim/answer-dispute", {"disputeRequestId": number, "answer": answer, "value": value, "currency": "JPY"})[1]


def retrieval(network, shop, wallet, payment):
    check("a wallet asks for documents", dispute(wallet, "D-1", payment)[0] == 200)
    check("the same again is the same", dispute(wallet, "D-1", payment)[0] == 200)
    told = until(lambda: seen(shop)["disputes"], lambda it: "D-1" in it)
    check("the acquirer hears of it, and why", told.get("D-1", {}).get("reason") == "never came", told)
    status, said = dispute(wallet, "D-2", payment)
    check("one at a time", status == 409, said)
    check("the acquirer sends them", answer(shop, "D-1", "documents") == "SUCCESS")
    told = seen(wallet)["disputes"]["D-1"]["answer"]
    check("and the wallet has them", told.startswith("documents of "), told)
    check("a claim is not what was asked", answer(shop, "D-1", "accept") == "PARAM_ILLEGAL")
    check("a dispute that is none", answer(shop, "D-9", "documents") == "ORDER_NOT_EXIST")


def escalation(network, shop, wallet, payment):
    status, said = dispute(wallet, "E-1", payment, 1801)
    check("more than was paid cannot be claimed", status == 409 and "REFUND_AMOUNT_EXCEED" in said["error"], said)
    status, said = dispute(wallet, "E-1", payment, 1000, "THB")
    check("nor another currency", status == 409, said)
    check("a claim", dispute(wallet, "E-1", payment, 1000)[0] == 200)
    until(lambda: seen(shop)["disputes"], lambda it: "E-1" in it)
    check("more than was claimed is not accepted", answer(shop, "E-1", "part", 1001) == "REFUND_AMOUNT_EXCEED")
    check("a part is", answer(shop, "E-1", "part", 600) == "SUCCESS")
    check("the same answer again is the same", answer(shop, "E-1", "part", 600) == "SUCCESS")
    check("another one is not", answer(shop, "E-1", "refuse") == "REPEAT_REQ_INCONSISTENT")
    told = until(lambda: seen(wallet)["disputes"]["E-1"], lambda it: it["answer"])
    check("the wallet hears it and gives its user the money", told["answer"] == "ACCEPT_PARTIAL_REFUND" and told["givenBackMinor"] > 0, told)
    story = network.ask(f"/v1/payments/{payment}")
    check("the payment shows 600 given back", [int(it["amount"]["value"]) for it in story["refunds"]] == [600], story["refunds"])
    own = story["paymentRequestId"]
    body = {"paymentRequestId": own, "refundRequestId": "R-1", "refundAmount": {"currency": "JPY", "value": "1300"}}
    said = result(network, "A-JP", "payments/refund", body)
    check("a refund of more than is left is refused: nothing is credited twice", said["resultCode"] == "REFUND_AMOUNT_EXCEED", said)
    body = dict(body, refundRequestId="R-2", refundAmount={"currency": "JPY", "value": "1200"})
    said = result(network, "A-JP", "payments/refund", body)
    check("of the rest it is done", said["resultStatus"] == "S", said)
    status, said = dispute(wallet, "E-2", payment, 1)
    check("then nothing is left to claim", status == 409 and "REFUND_AMOUNT_EXCEED" in said["error"], said)
    check("the wallet's books are in order", seen(wallet)["books"] == "ok", seen(wallet)["books"])


def strangers(network, shop, wallets, payment):
    status, said = dispute(wallets["W-PH"], "X-1", payment)
    check("another wallet's payment is not disputed", status == 409 and "ORDER_NOT_EXIST" in said["error"], said)
    body = {"disputeRequestId": "E-1", "refundType": "REFUSE_REFUND"}
    said = result(network, "A-TH", "disputes/responseEscalation", body)
    check("another acquirer does not answer", said["resultCode"] == "ORDER_NOT_EXIST", said)
    said = result(network, "A-JP", "disputes/responseEscalation", {"disputeRequestId": "E-1", "refundType": "PERHAPS"})
    check("an answer that is none names the field", said["resultCode"] == "PARAM_ILLEGAL" and "refundType" in said["resultMessage"], said)
    said = result(network, "A-JP", "disputes/responseEscalation", {"disputeRequestId": "E-1", "refundType": "ACCEPT_PARTIAL_REFUND"})
    check("a part without its amount does, too", said["resultCode"] == "PARAM_ILLEGAL" and "refundAmount" in said["resultMessage"], said)


def main():
    network = Demonstration()
    network.start(traffic_ms=1000)
    partners = {it["code"]: it["endpoints"]["origin"] for it in network.ask("/v1/participants")}
    shop = partners["A-JP"]
    reviews(network, shop, partners)
    payment = buy(network, shop, partners["W-KR"], "minjun")
    retrieval(network, shop, partners["W-KR"], payment)
    escalation(network, shop, partners["W-KR"], payment)
    strangers(network, shop, partners, payment)
    other = buy(network, shop, partners["W-KR"], "seoyeon")
    check("a claim before a crash", dispute(partners["W-KR"], "E-7", other, 1800)[0] == 200)
    network.process.kill()
    network.process.wait()
    network.start(traffic_ms=1000)
    partners = {it["code"]: it["endpoints"]["origin"] for it in network.ask("/v1/participants")}
    until(lambda: seen(partners["A-JP"])["disputes"], lambda it: "E-7" in it)
    check("after kill -9 it can be answered", answer(partners["A-JP"], "E-7", "accept") == "SUCCESS")
    story = network.ask(f"/v1/payments/{other}")
    check("and is booked once", [int(it["amount"]["value"]) for it in story["refunds"]] == [1800], story["refunds"])
    network.compare("at the end")
    network.stop()
    network.verify()
    network.clear()
    end()


main()
