"""How fast the lab is set up, and what its path carries: prints one line a figure."""

import statistics
import sys
import time

from lab.availability import unavailable
from lab.measure import goodput, overload, round_trips
from lab.scenario import Link, Police, Rule, Scenario, Shape, Trigger
from lab.session import LabSession

ONE_WAY = 0.010  # seconds
RATES = (1e3, 130e3, 1e6, 50e6)
BURST = 32_000


def scenario(*rules: Rule) -> Scenario:
    return Scenario(name="bench", title="Bench", link=Link(one_way_delay=ONE_WAY), rules=rules)


def rule(action: Police | Shape) -> Rule:
    return Rule(name="slow", trigger=Trigger(protocols=("udp",)), action=action, direction="down")


def main() -> None:
    reason = unavailable()
    if reason is not None:
        sys.exit(f"lab path: not measured, {reason}")
    begun = time.monotonic()
    with LabSession(scenario()) as lab:
        print(f"lab set-up                      {time.monotonic() - begun:8.3f} s")
        print(f"lab path, 20 ms round trip      {goodput(lab, 60_000_000) / 1e6:8.0f} Mbit/s")
        lab.load(scenario(Rule(name="other", trigger=Trigger(sni=("other.test",)), action=Police(rate=1e6))))
        print(f"the same beside a censor        {goodput(lab, 60_000_000) / 1e6:8.0f} Mbit/s")
        lab.load(scenario())
        times = [seconds - 2 * ONE_WAY for seconds in round_trips(lab, 200)]
        print(f"delay error, median             {statistics.median(times) * 1e3:8.3f} ms")
        print(f"delay error, 95th percentile    {statistics.quantiles(times, n=20)[-1] * 1e3:8.3f} ms")
        for rate in RATES:
            lab.load(scenario(rule(Shape(rate=rate))))
            shaped = overload(lab, rate) / rate - 1
            lab.load(scenario(rule(Police(rate=rate, burst=BURST))))
            policed = overload(lab, rate, burst=BURST) / rate - 1
            print(
                f"rate error at {rate / 1e3:6.0f} kbit/s      {shaped:+8.1%} shaped {policed:+8.1%} policed"
            )


if __name__ == "__main__":
    main()
