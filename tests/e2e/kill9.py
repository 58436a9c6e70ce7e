"""Kills a demonstration under traffic and holds its ledger against what the simulated acquirers wrote down."""
import os
import random
import time

from demonstration import Demonstration, check, end

ROUNDS = int(os.environ.get("DHOW_KILLS", "6"))
demo = Demonstration()
try:
    for number in range(ROUNDS):
        process = demo.start(5)
        time.sleep(random.uniform(0.2, 2.0))
        process.kill()
        process.wait()
    demo.start(3_600_000)
    count = demo.compare(f"after {ROUNDS} kills")
    check("there was something to lose", count > ROUNDS, count)
    demo.stop()
    demo.verify()
finally:
    demo.clear()
end()
