"""Networks of one owner, and the table that says so."""

import re
from importlib.resources import files

import numpy as np
import yaml

from analysis.as_groups import pool
from analysis.correlate.types import Votes
from measurements.owners import owners


def cell(asn: int | None, times: list[int], platform: str = "vk") -> Votes:
    count = len(times)
    return Votes(
        platform,
        asn,
        "failure",
        np.array(times),
        np.arange(count) % 2,
        np.zeros(count),
        np.zeros(count),
        controlled=asn != 29355,
    )


def test_networks_of_one_owner_become_one_cell_whose_vantages_stay_apart() -> None:
    pooled = pool([cell(9198, [1, 3]), cell(29355, [2, 4]), cell(41798, [5]), cell(None, [6])])
    assert [(each.group, each.asn, len(each)) for each in pooled] == [
        (None, None, 1),
        (None, 41798, 1),
        ("kazakhtelecom", None, 4),
    ]
    together = pooled[-1]
    assert together.time.tolist() == [1, 2, 3, 4]
    assert len(np.unique(together.vantage)) == 4
    assert not together.controlled


def test_platforms_are_not_mixed() -> None:
    assert len(pool([cell(9198, [1]), cell(29355, [1], platform="youtube")])) == 2


def test_every_group_names_its_source_and_no_network_has_two_owners() -> None:
    groups = yaml.safe_load((files("measurements") / "data" / "as_groups.yaml").read_text())["groups"]
    numbers = [asn for group in groups for asn in group["asns"]]
    assert len(numbers) == len(set(numbers)) == len(owners())
    for group in groups:
        assert re.fullmatch(r"[a-z-]+", group["id"])
        assert group["source"].startswith("http")
        assert group["confidence"] in ("documented", "names")
