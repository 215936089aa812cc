"""What a round costs a volunteer: the shipped targets against local stand-ins at 50 ms of round-trip delay."""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace

from lab.availability import unavailable
from lab.running import Running, running
from lab.scenario_file import load, packaged
from measurements.targets_file import load_targets

ONE_WAY = 0.025  # seconds
HELP_RUNS = 7

# Runs a command in a child and prints what the system says it cost.
MEASURE = """
import json, resource, subprocess, sys, time
begun = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
cost = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "code": done.returncode, "wall": time.monotonic() - begun, "cpu": cost.ru_utime + cost.ru_stime,
    "peak": cost.ru_maxrss / 1024, "lines": [json.loads(line) for line in done.stdout.splitlines()],
}))
"""


def measured_round(lab: Running) -> dict[str, float]:
    argv = [sys.executable, "-c", MEASURE, *lab.efir("run", "--once", "--json", "--quiet")]
    done = lab.session.run(argv, capture=True, timeout=120, env=lab.environment)
    found = json.loads(done.stdout)
    summary = next(line for line in found["lines"] if line["type"] == "summary")
    if found["code"] or not summary["online"]:
        sys.exit(f"round: not measured, the lab is not online: {done.stderr}")
    return {**found, "bytes": summary["bytes_sent"] + summary["bytes_received"]}


def seconds(*argv: str) -> float:
    def once() -> float:
        begun = time.monotonic()
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - begun

    return statistics.median(once() for _ in range(HELP_RUNS))


def main() -> None:
    more = seconds(sys.executable, "-m", "efir", "--help") - seconds(sys.executable, "-c", "pass")
    print(f"efir --help beyond bare Python  {more * 1e3:8.0f} ms     (target 150)")
    reason = unavailable()
    if reason is not None:
        sys.exit(f"round: not measured, {reason}")
    targets = load_targets(None)
    scenario = load(packaged()["open"], targets)
    scenario = replace(scenario, link=replace(scenario.link, one_way_delay=ONE_WAY))
    with running(scenario, targets) as lab:
        cost = measured_round(lab)
    print(f"round, wall                     {cost['wall']:8.2f} s      (target 6)")
    print(f"round, processor                {cost['cpu']:8.2f} s      (target 1.5)")
    print(f"round, peak memory              {cost['peak']:8.0f} MB     (target 90)")
    print(f"round, bytes both ways          {cost['bytes'] / 1e6:8.2f} MB     (target 1.5)")


if __name__ == "__main__":
    main()
