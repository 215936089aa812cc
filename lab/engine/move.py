"""A client's program that waits and then changes networks, as a phone does: `python -m lab.engine.move SECONDS`."""

import sys
import time

from lab.engine.network import move_client

if __name__ == "__main__":
    time.sleep(float(sys.argv[1]))
    move_client()
