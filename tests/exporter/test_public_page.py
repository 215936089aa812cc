"""What may be seen of whom, how many series there are, and what strangers' words can do."""

from collections import Counter
from dataclasses import replace as changed
from datetime import datetime

import pytest
from msgspec.structs import replace
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.families import Families
from exporter.metrics import TABLE
from exporter.pages import render
from exporter.reading import Look, Reader
from exporter.source import Arrivals, VantageFacts
from measurements.targets import Targets
from tests.exporter.conftest import NOW, names
from tests.many_vantages import MemorySource, batch, crowd
from tests.rounds import Who, one_round

# DESIGN section 11.
BUDGET = 150_000


def look(targets: Targets, arrivals: Arrivals, facts: dict[str, VantageFacts] | None = None) -> Look:
    source = MemorySource([arrivals], facts or {})
    return Reader(source, platforms=names(targets), utc=lambda: NOW, monotonic=lambda: 0.0).look()


def networks(page: Families) -> dict[str, float]:
    return {
        sample.labels["asn"]: sample.value
        for family in page
        for sample in family.samples
        if sample.name == "efir_network_vantages"
    }


def test_a_network_is_public_from_three_vantages_on(targets: Targets):
    who = [Who("a", 9198), Who("b", 9198), Who("c", 9198), Who("d", 21299), Who("e", 21299)]
    seen = look(targets, batch(one_round(targets, each, NOW) for each in who))
    assert networks(seen.public) == {"9198": 3}
    assert networks(seen.private) == {"9198": 3, "21299": 2}
    public = render(seen.public, "text").decode()
    assert "21299" not in public
    assert "vantage=" not in public


@pytest.mark.parametrize(("invites", "shown"), [(2, False), (3, True)])
def test_what_probes_met_is_public_from_three_vantages_on(targets: Targets, invites: int, shown: bool):
    seen = look(targets, batch(one_round(targets, Who(name), NOW) for name in "abc"[:invites]))
    assert ("efir_probes_total{" in render(seen.public, "text").decode()) == shown
    assert "efir_probes_total{" in render(seen.private, "text").decode()


def test_vantages_of_one_invite_count_once(targets: Targets):
    who = [Who(name, 9198) for name in ("a", "b", "c")]
    facts = {
        "a": VantageFacts(invite="one"),
        "b": VantageFacts(invite="one"),
        "c": VantageFacts(invite="two"),
    }
    assert networks(look(targets, batch(one_round(targets, each, NOW) for each in who), facts).public) == {}


def test_a_platform_that_only_two_of_three_measured_is_left_out(targets: Targets):
    rounds = [one_round(targets, Who(name), NOW) for name in ("a", "b", "c")]
    rounds[2] = changed(rounds[2], verdicts=[line for line in rounds[2].verdicts if line.platform != "vk"])
    page = look(targets, batch(rounds)).public
    told = {
        sample.labels["platform"]
        for family in page
        for sample in family.samples
        if sample.name in ("efir_network_verdict_ratio", "efir_results_total") and sample.value
    }
    assert told == set(targets.platforms) - {"vk"}


def test_only_metrics_meant_for_everybody_are_public(targets: Targets):
    page = look(targets, crowd(targets, 30, 3, NOW)).public
    private = {metric.name for metric in TABLE if metric.private}
    assert not private.intersection(sample.name for family in page for sample in family.samples)


def test_five_hundred_vantages_stay_within_the_budget_of_series(targets: Targets):
    page = look(targets, crowd(targets, 500, 40, NOW)).private
    series = Counter(sample.name for family in page for sample in family.samples)
    assert series["efir_platform_verdict"] == 500 * len(targets.platforms) * 6
    assert sum(series.values()) <= BUDGET


HOSTILE = 'a"b\\c\nd{e="f"} 1\n# TYPE x counter\r\n<script>alert(1)</script> \x00 \u2028 %s'


@pytest.mark.parametrize("form", ["text", "openmetrics"])
def test_hostile_words_stay_words(targets: Targets, form):
    told = one_round(targets, Who(HOSTILE, 9198, HOSTILE, HOSTILE), NOW)
    rows = [
        replace(
            row, platform=HOSTILE, endpoint=HOSTILE, failure=f"unknown_failure: {HOSTILE}", resolver=HOSTILE
        )
        for row in told.observations
    ]
    lines = [replace(line, platform=HOSTILE, vantage=HOSTILE, stage=HOSTILE) for line in told.verdicts]
    arrivals = batch([changed(told, observations=rows, verdicts=lines)])
    text = render(look(targets, arrivals).private, form).decode()
    parse = parse_openmetrics if form == "openmetrics" else parse_text
    samples = [sample for family in parse(text) for sample in family.samples]
    assert {sample.name for sample in samples if not sample.name.startswith("efir_")} == set()
    words = {value for sample in samples for value in sample.labels.values()}
    assert {word for word in words if "script" in word} == {HOSTILE[:64]}
    assert {name for s in samples for name, value in s.labels.items() if value == HOSTILE[:64]} == {
        "vantage",
        "invite",
    }
    assert {sample.labels["reason"] for sample in samples if sample.name == "efir_probe_failures_total"} == {
        "unknown_failure"
    }


def test_one_vantage_cannot_fill_the_page_with_platforms_of_its_own(targets: Targets, now: datetime):
    told = one_round(targets, Who("v"), now)
    lines = [replace(told.verdicts[0], platform=f"p{number}", endpoint=None) for number in range(5_000)]
    page = look(targets, batch([changed(told, verdicts=lines)])).private
    named = {s.labels["platform"] for family in page for s in family.samples if "platform" in s.labels}
    assert len(named) <= 65
    assert "other" in named
