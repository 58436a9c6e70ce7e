"""Starts a demonstration behind TLS and lets the official Java client call it."""
import json
import os
import socket
import ssl
import subprocess
import sys
import threading

from browser import signed
from demonstration import Demonstration, counts, end

classpath, folder = sys.argv[1:3]
network = Demonstration()


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def pump(source, sink):
    """Carries bytes one way until that way ends."""
    try:
        while block := source.recv(65536):
            sink.sendall(block)
    except OSError:
        pass
    finally:
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def carry(plain, context):
    """One connection: TLS to the client, plain text to the network; the bytes stay the client's."""
    try:
        with context.wrap_socket(plain, server_side=True) as near:
            with socket.create_connection(("127.0.0.1", network.port)) as far:
                threading.Thread(target=pump, args=(near, far), daemon=True).start()
                pump(far, near)
    except OSError:
        pass


def front():
    """The client speaks only https: ends its TLS with a certificate of the hour. Gives the port."""
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    # It trusts every certificate, and wants the address in it all the same.
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate]
    run("openssl", "req", "-x509", *named, *made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            plain, _ = server.accept()
            threading.Thread(target=carry, args=(plain, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def one_line(pem):
    return "".join(line for line in pem.splitlines() if "-----" not in line)


def private_key(partner):
    """In the form that the client reads: PKCS#8 in one line of base64."""
    file = f"{network.data}/partners/{partner}/network-key.pem"
    return one_line(run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", file))


def payment_code():
    """What the Korean wallet shows on its user's phone."""
    body = {"customerId": "minjun", "region": "JP"}
    answer = signed(network, "W-KR", "/aps/api/v1/codes/getPaymentCode", body)
    return answer["paymentCodeInfoList"][0]["paymentCode"]


def environment():
    public = json.loads(run(network.program, "keys", "public", "--data", network.data, "--json"))
    other = run("openssl", "pkey", "-pubout", "-in", f"{folder}/key.pem")
    given = {
        "GATEWAY": f"https://127.0.0.1:{front_port}",
        "NETWORK_PUBLIC": public["spkiBase64"],
        "OTHER_PUBLIC": one_line(other),
        "ACQUIRER_KEY": private_key("A-JP"),
        "WALLET_KEY": private_key("W-KR"),
    }
    return os.environ | {f"DHOW_TEST_{name}": value for name, value in given.items()}


def drive():
    """Answers the client's driver, and counts what it checks."""
    command = ["java", "-Dfile.encoding=UTF-8", "-cp", classpath, "Drive"]
    pipe = subprocess.PIPE
    client = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment())
    is_ended = False
    for line in client.stdout:
        line = line.rstrip("\n")
        if line == "code?":
            client.stdin.write(payment_code() + "\n")
            client.stdin.flush()
            continue
        is_ended |= line == "end"
        counts["passed"] += line.startswith("ok ")
        counts["failed"] += line.startswith("FAIL ")
        print(line, flush=True)
    if client.wait() != 0 or not is_ended:
        print("FAIL the client's driver comes to its end")
        counts["failed"] += 1


try:
    network.start(10_000)
    front_port = front()
    drive()
    network.stop()
finally:
    network.clear()
end()
