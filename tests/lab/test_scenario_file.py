"""Scenario files: what they mean, and how each mistake is refused."""

from pathlib import Path
from typing import Any

import pytest

from lab.expect import Outcome
from lab.scenario import DnsAnswer, Drop, Intercept, Police, Scenario, Window
from lab.scenario_file import load, packaged
from lab.world.plan import BLOCKPAGE_NAME, make_plan
from lab.yaml_types import ScenarioError
from measurements.targets import Targets
from measurements.targets_file import load_targets

EXPECT = "expect: {platforms: {'*': accessible}}\n"


@pytest.fixture
def read(tmp_path: Path, targets: Targets) -> Any:
    def read_text(text: str) -> Scenario:
        file = tmp_path / "own.yaml"
        file.write_text(text, encoding="utf-8")
        return load(file, targets)

    return read_text


def test_a_scenario_is_read_with_its_units_and_selectors(read: Any) -> None:
    scenario = read(
        "title: Slow by name\n"
        "link: {delay: 20 ms, loss: 1 %, rate: 5 Mbit/s, hops: 7}\n"
        "rules:\n"
        "  - name: police\n"
        "    when: {sni: ['@tube/web', '*.more.test']}\n"
        "    do: {police: {rate: 150 kbit/s, burst: 32 kB}}\n"
        "    after_bytes: 200 kB\n"
        "expect:\n"
        "  platforms: {tube: [blocked/tls, {verdict: down, reason: outage}], '*': accessible}\n"
        "  throttle: {tube: throttled}\n"
    )
    link, rule = scenario.link, scenario.rules[0]
    assert (link.one_way_delay, link.loss_up, link.loss_down) == (0.02, 0.01, 0.01)
    assert (link.rate_up, link.rate_down, len(link.hops)) == (5e6, 5e6, 7)
    assert rule.trigger.sni == ("www.tube.test", "*.more.test")
    assert rule.action == Police(rate=150_000, burst=32_000)
    assert rule.after_bytes == 200_000
    assert scenario.expect.platforms["tube"] == (
        Outcome(verdict="blocked", stage="tls"),
        Outcome(verdict="down", reason="outage"),
    )


@pytest.mark.parametrize(
    ("do", "action"),
    [
        ("drop", Drop()),
        ("nxdomain", DnsAnswer(rcode="NXDOMAIN")),
        ("empty", DnsAnswer()),
        ("{forge: {addresses: 11.250.0.1}}", DnsAnswer(addresses=("11.250.0.1",))),
    ],
)
def test_a_word_after_do_makes_its_action(read: Any, do: str, action: Any) -> None:
    scenario = read(f"title: T\nrules: [{{name: a, do: {do}}}]\n{EXPECT}")
    assert scenario.rules[0].action == action


def test_forging_without_an_address_leads_to_the_block_page(read: Any, targets: Targets) -> None:
    scenario = read(f"title: T\nrules: [{{name: a, when: {{dns: '@tube'}}, do: race}}]\n{EXPECT}")
    assert scenario.rules[0].action == DnsAnswer(
        addresses=make_plan(targets).names[BLOCKPAGE_NAME], race=True
    )


def test_interception_leads_to_the_worlds_interceptor(read: Any, targets: Targets) -> None:
    scenario = read(f"title: T\nrules: [{{name: a, when: {{sni: '@tube'}}, do: intercept}}]\n{EXPECT}")
    v4, v6 = make_plan(targets).mitm
    assert scenario.rules[0].action == Intercept(ipv4=v4, ipv6=v6)


@pytest.mark.parametrize(
    ("clock", "window"),
    [
        ("20:30", Window(start=84_600, end=91_800, every=86_400)),
        ("15:00", Window(start=18_000, end=25_200, every=86_400)),
    ],
)
def test_hours_of_the_clock_become_seconds_after_the_begin(read: Any, clock: str, window: Window) -> None:
    scenario = read(
        f"title: T\nclock: '{clock}'\n"
        f"rules: [{{name: a, do: drop, window: {{from: '20:00', to: '22:00'}}}}]\n{EXPECT}"
    )
    assert scenario.rules[0].window == window


def test_a_selector_by_address_holds_names_and_bare_addresses(read: Any) -> None:
    scenario = read(f"title: T\nrules: [{{name: a, when: {{prefixes: '@chat'}}, do: drop}}]\n{EXPECT}")
    assert scenario.rules[0].trigger.prefixes == ("149.154.167.51",)


def test_an_endpoint_beside_the_targets_file_can_be_named(read: Any) -> None:
    scenario = read(
        "title: T\n"
        "endpoints: {tube: [{id: more, url: 'http://more.tube.test/', probes: [dns, http], expect: {status: 301}}]}\n"
        "rules: [{name: a, when: {host: '@tube/more'}, do: block_page}]\n"
        "expect: {platforms: {tube/more: blocked/http}}\n"
    )
    assert scenario.rules[0].trigger.host == ("more.tube.test",)
    assert scenario.endpoints["tube"][0].id == "more"


# file, what the refusal must say
MISTAKES = {
    "an unknown key of a scenario": (
        f"title: T\nlinks: {{}}\n{EXPECT}",
        "own.yaml:2: unknown key of a scenario 'links'; did you mean 'link'?",
    ),
    "an unknown key of the link": (
        f"title: T\nlink:\n  delay: 5 ms\n  jiter: 2 ms\n{EXPECT}",
        "own.yaml:4: unknown key of link 'jiter'; did you mean 'jitter'?",
    ),
    "an unknown key of a rule": (
        f"title: T\nrules:\n  - name: a\n    do: drop\n    residal: 5 s\n{EXPECT}",
        "own.yaml:5: unknown key of a rule 'residal'; did you mean 'residual'?",
    ),
    "an unknown trigger": (
        f"title: T\nrules:\n  - name: a\n    do: drop\n    when: {{snni: x}}\n{EXPECT}",
        "own.yaml:5: unknown key of when 'snni'; did you mean 'sni'?",
    ),
    "an unknown action": (
        f"title: T\nrules:\n  - name: a\n    do: ressett\n{EXPECT}",
        "own.yaml:4: unknown action 'ressett'; did you mean 'reset'?",
    ),
    "an unknown unit": (
        f"title: T\nrules:\n  - name: a\n    do: {{police: {{rate: 150 kbits/s}}}}\n{EXPECT}",
        'own.yaml:4: "kbits/s" is no unit of rate (bit/s, kbit/s, Mbit/s, Gbit/s); did you mean "kbit/s"?',
    ),
    "a number without its unit": (
        f"title: T\nlink: {{delay: 20}}\n{EXPECT}",
        'own.yaml:2: "20" has no unit; write for example "20 ms"',
    ),
    "an action without its figure": (
        f"title: T\nrules: [{{name: a, do: police}}]\n{EXPECT}",
        "own.yaml:2: 'police' needs its figure, as in {police: {rate: 150 kbit/s}}",
    ),
    "a rule that does two things": (
        f"title: T\nrules: [{{name: a, do: {{drop: {{}}, reset: {{}}}}}}]\n{EXPECT}",
        "own.yaml:2: a rule does one thing; write a second rule for the other",
    ),
    "a rule without a name": (
        f"title: T\nrules: [{{do: drop}}]\n{EXPECT}",
        'own.yaml:2: a rule needs "name"',
    ),
    "two rules of one name": (
        f"title: T\nrules: [{{name: a, do: drop}}, {{name: a, do: drop}}]\n{EXPECT}",
        "own.yaml:2: two rules have the same name",
    ),
    "an unknown selector": (
        f"title: T\nrules: [{{name: a, do: drop, when: {{sni: '@tubes'}}}}]\n{EXPECT}",
        "own.yaml:2: unknown selector 'tubes'; did you mean 'tube'?",
    ),
    "a selector that holds no name": (
        f"title: T\nrules: [{{name: a, do: drop, when: {{sni: '@chat'}}}}]\n{EXPECT}",
        "own.yaml:2: this names nothing that the targets file has",
    ),
    "an unknown key of the world": (
        f"title: T\nworld: {{deaf: x}}\n{EXPECT}",
        "own.yaml:2: unknown key of world 'deaf'; did you mean 'dead'?",
    ),
    "an unknown word of the world": (
        f"title: T\nworld: {{sites: [{{names: x, page: capcha}}]}}\n{EXPECT}",
        "own.yaml:2: unknown word 'capcha'; did you mean 'captcha'?",
    ),
    "an unknown verdict": (
        "title: T\nexpect: {platforms: {tube: bloked}}\n",
        "own.yaml:2: unknown verdict or stage 'bloked'; did you mean 'blocked'?",
    ),
    "an unknown platform": (
        "title: T\nexpect: {platforms: {tub: blocked}}\n",
        "own.yaml:2: unknown platform 'tub'; did you mean 'tube'?",
    ),
    "an unknown throttling verdict": (
        "title: T\nexpect: {throttle: {tube: slow}}\n",
        "own.yaml:2: unknown throttling verdict 'slow'; known are inconclusive, not_throttled, throttled",
    ),
    "nothing expected": ("title: T\n", 'own.yaml:1: "expect" is missing'),
    "an empty expectation": ("title: T\nexpect: {}\n", "own.yaml:2: a scenario must expect something"),
    "a key twice": (
        f"title: T\ntitle: U\n{EXPECT}",
        "own.yaml:2: the key 'title' stands here twice (first on line 1); remove one",
    ),
    "hours without a clock": (
        f"title: T\nrules: [{{name: a, do: drop, window: {{from: '20:00', to: '22:00'}}}}]\n{EXPECT}",
        'own.yaml:2: a window by the clock needs the scenario\'s "clock"',
    ),
    "no time of day": (
        f"title: T\nclock: evening\n{EXPECT}",
        'own.yaml:2: "evening" is no time of day; write for example "20:30"',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_its_line_and_what_would_do(read: Any, mistake: str) -> None:
    text, says = MISTAKES[mistake]
    with pytest.raises(ScenarioError) as refused:
        read(text)
    assert str(refused.value) == says


# --- the shipped ones ---

SHIPPED = packaged()


@pytest.fixture(scope="module")
def shipped() -> dict[str, Scenario]:
    targets = load_targets()
    return {name: load(file, targets) for name, file in SHIPPED.items()}


def test_there_are_enough_scenarios_and_enough_innocent_ones(shipped: dict[str, Scenario]) -> None:
    assert len(shipped) >= 60
    assert sum(name.startswith("innocent-") for name in shipped) >= 20


def test_innocent_scenarios_expect_no_alarm(shipped: dict[str, Scenario]) -> None:
    for name, scenario in shipped.items():
        if name.startswith("innocent-"):
            outcomes = [one for row in scenario.expect.platforms.values() for one in row]
            alarms = [one for one in outcomes if one.verdict in ("blocked", "intercepted", "throttled")]
            # One line cannot tell an outage from a drop by address; its reason must say so
            assert all(one.reason == "outage" for one in alarms), name
            assert all("throttled" not in words for words in scenario.expect.throttle.values()), name


def test_each_scenario_can_be_judged_by_a_round(shipped: dict[str, Scenario]) -> None:
    assert [name for name, scenario in shipped.items() if not scenario.expect.platforms] == []
