"""Kills a demonstration with real wallets under traffic: what each wallet says it owes is what the network says."""
import json
import os
import random
import subprocess
import time

from demonstration import Demonstration, check, end

ROUNDS = int(os.environ.get("DHOW_KILLS", "4"))
WALLETS = {"W-KR": 1, "W-PH": 2, "W-HK": 3}
demo = Demonstration(real_wallets=True)


def desk(code, *words):
    url = f"http://127.0.0.1:{demo.partners_port + WALLETS[code]}"
    place = ["--wallet", url, "--data", os.path.join(demo.data, "partners", code)]
    run = subprocess.run([demo.program, "wallet", *words, *place], capture_output=True, text=True, timeout=60)
    return json.loads(run.stdout) if run.returncode == 0 else {"error": run.stderr}


def owed():
    """What each wallet owes: in its own books, and in the network's."""
    network = {row["wallet"]: int(row["owed"]) for row in demo.ask("/v1/positions")}
    return {code: (int(desk(code, "books", "show")["networkPayable"]["value"]), network.get(code, 0)) for code in WALLETS}


try:
    for number in range(ROUNDS):
        process = demo.start(10)
        time.sleep(random.uniform(0.5, 2.5))
        process.kill()
        process.wait()
    demo.start(3_600_000)
    # What was under way is asked about until it is known.
    for _ in range(120):
        both = owed()
        if all(own == theirs for own, theirs in both.values()):
            break
        time.sleep(1)
    print("   owed, by the wallet and by the network:", both)
    check("wallets and network agree to the last unit", all(own == theirs for own, theirs in both.values()), both)
    check("there was something to agree about", sum(own for own, _ in both.values()) > 0, both)
    for code in WALLETS:
        told = desk(code, "books", "verify")
        check(f"{code}: the books agree with all that is held", told.get("agrees"), told)
    count = demo.compare(f"after {ROUNDS} kills")
    check("there was something to lose", count > ROUNDS, count)
    demo.stop()
    demo.verify()
    for code in WALLETS:
        words = [demo.program, "log", "verify", "--data", os.path.join(demo.data, "partners", code)]
        check(f"{code}: the chain of its log is unbroken", subprocess.run(words, capture_output=True).returncode == 0)
finally:
    demo.clear()
end()
