"""Drives the unmodified client ant-intl-alipayplus-mcp against a running demonstration and checks what it returns."""
import asyncio
import json
import os
import sys
import urllib.error
import urllib.request

from cryptography.hazmat.primitives import serialization
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

data, port, request_id, network_key = sys.argv[1:5]
checks = {"passed": 0, "failed": 0}


def check(what, is_right, seen):
    checks["passed" if is_right else "failed"] += 1
    print(("ok   " if is_right else "FAIL ") + what + ("" if is_right else f": {seen}"))


def private_key():
    with open(f"{data}/partners/A-JP/network-key.pem", "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return "".join(line for line in pem.decode().splitlines() if "-----" not in line)


def environment():
    here = os.path.dirname(os.path.abspath(__file__))
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": here,
        "DHOW_TEST_PORT": port,
        "GATEWAY_URL": "https://127.0.0.1",
        "CLIENT_ID": "CLIENT-A-JP",
        "MERCHANT_PRIVATE_KEY": private_key(),
        "ALIPAY_PUBLIC_KEY": network_key,
        "PAYMENT_REDIRECT_URL": "https://shop.example/back",
        "PAYMENT_NOTIFY_URL": "http://127.0.0.1:9/notify",
        "SETTLEMENT_CURRENCY": "JPY",
        "MERCHANT_NAME": "Ramen Ichiban",
        "MERCHANT_ID": "M-RAMEN",
        "MERCHANT_MCC": "5812",
        "MERCHANT_REGION": "JP",
    }


def scan(url):
    """A user of the Korean wallet opens the checkout's code and pays."""
    token = open(f"{data}/operator-token").read().strip()
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/participants/W-KR", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        wallet = json.load(answer)["endpoints"]["origin"]
    body = json.dumps({"user": "minjun", "codeValue": url, "confirm": True}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{wallet}/sim/scan", body), timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


async def main():
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from alipayplusmcp.main import main_cli; main_cli()"],
        env=environment(),
    )
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()

        async def call(tool, **arguments):
            answer = await session.call_tool(tool, arguments)
            text = "".join(part.text for part in answer.content)
            try:
                return json.loads(text)
            except ValueError:
                return {"text": text}

        def code(answer, field="result"):
            return (answer.get(field) or {}).get("resultCode")

        paid = await call("query_payment", payment_request_id=request_id)
        check("a paid payment is found", code(paid, "paymentResult") == "SUCCESS", paid)
        unknown = await call("query_payment", payment_request_id="never-seen")
        check("an unknown one is not", code(unknown) == "ORDER_NOT_EXIST", unknown)
        refund = dict(
            payment_request_id=request_id,
            refund_request_id="official-refund-1",
            refund_amount_value=200,
            refund_currency="JPY",
        )
        first = await call("create_refund", **refund)
        check("a refund succeeds", code(first) == "SUCCESS", first)
        second = await call("create_refund", **refund)
        same = second.get("refundId") == first.get("refundId")
        check("its repeat is the same refund", code(second) == "SUCCESS" and same, second)
        other = await call("create_refund", **{**refund, "refund_amount_value": 300})
        check("other content is refused", code(other) == "REPEAT_REQ_INCONSISTENT", other)
        much = {**refund, "refund_request_id": "official-refund-2", "refund_amount_value": 1001}
        much = await call("create_refund", **much)
        check("too much is refused", code(much) == "REFUND_AMOUNT_EXCEED", much)
        late = await call("cancel_payment", payment_request_id=request_id)
        check("a refunded payment is not cancelled", code(late) == "PROCESS_FAIL", late)
        early = await call("cancel_payment", payment_request_id="not-yet-sent")
        check("an unknown payment is barred", code(early) == "SUCCESS", early)
        barred = await call("query_payment", payment_request_id="not-yet-sent")
        check("and stays closed", code(barred, "paymentResult") == "ORDER_IS_CLOSED", barred)
        cashier = await call(
            "create_payment",
            payment_request_id="cashier-1",
            order_amount_currency="JPY",
            order_amount_value=100,
            order_description="tea",
        )
        page = cashier.get("normalUrl") or ""
        is_open = code(cashier) == "PAYMENT_IN_PROCESS" and "/28100104" in page
        check("a cashier payment is opened, with its page", is_open, cashier)
        open_one = await call("query_payment", payment_request_id="cashier-1")
        check("it is in process", code(open_one, "paymentResult") == "PAYMENT_IN_PROCESS", open_one)
        scanned = scan(page)
        check("a simulated wallet pays it", scanned.get("resultCode") == "SUCCESS", scanned)
        paid = await call("query_payment", payment_request_id="cashier-1")
        check("the client finds it paid", code(paid, "paymentResult") == "SUCCESS", paid)
        again = await call(
            "create_payment",
            payment_request_id="cashier-1",
            order_amount_currency="JPY",
            order_amount_value=100,
            order_description="tea",
        )
        check("the same request again is the same payment", again.get("paymentId") == cashier.get("paymentId"), again)
        back = await call(
            "create_refund",
            payment_request_id="cashier-1",
            refund_request_id="official-refund-3",
            refund_amount_value=100,
            refund_currency="JPY",
        )
        check("and is refunded", code(back) == "SUCCESS", back)
        declared = await call(
            "customs_declare",
            payment_request_id=request_id,
            customs_declaration_request_id="declaration-1",
            declaration_amount_value=100,
            customs_code="HANGZHOU",
            merchant_customs_code="330196",
            merchant_customs_name="Ramen Ichiban",
            is_split=False,
            reference_order_id="order-1",
        )
        check("what a Korean paid is not declared in China", code(declared) == "BUSINESS_NOT_SUPPORT", declared)
        asked = await call("query_customs_declare", declaration_request_ids=["declaration-1"])
        is_missing = asked.get("declarationRequestsNotFound") == ["declaration-1"]
        check("and its declaration is not found", code(asked) == "SUCCESS" and is_missing, asked)


asyncio.run(main())
print(f"{checks['passed']} passed, {checks['failed']} failed")
sys.exit(1 if checks["failed"] else 0)
