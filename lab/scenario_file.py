"""Scenario files: YAML into `lab.scenario.Scenario`, strictly (docs/lab.md tells how to write one)."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from lab.expect import Expect, Outcome, Summary
from lab.scenario import (
    SECONDS_A_DAY,
    DnsAnswer,
    Intercept,
    Link,
    Rule,
    Scenario,
    Trigger,
    Window,
    default_hops,
)
from lab.selectors import Selectors, UnknownSelector
from lab.units import UnitError, clock_time
from lab.words import ACTIONS, FIGURE_NEEDED, LINK_WORDS, UNIT_OF
from lab.world.changes import WorldChanges
from lab.world.plan import BLOCKPAGE_NAME, Plan, make_plan
from lab.yaml_types import Builder, Convert, Node
from measurements.targets import Endpoint, Targets
from measurements.verdicts import Verdict, VerdictStage


def load(file: Path, targets: Targets) -> Scenario:
    """The scenario in `file`, with its selectors read against `targets`.

    Raises:
        ScenarioError: unknown key, word or unit, or a value that cannot be; with file and line.
    """
    node = Node.read(file.read_text(encoding="utf-8"), file.name)
    endpoints = _endpoints(node, targets)
    scenario = _Reader(with_endpoints(targets, endpoints)).scenario(node, file.stem)
    return replace(scenario, endpoints=endpoints)


def with_endpoints(targets: Targets, more: Mapping[str, tuple[Endpoint, ...]]) -> Targets:
    """`targets` and what a scenario probes beside them."""
    platforms = {
        id_: msgspec.structs.replace(platform, endpoints=(*platform.endpoints, *more.get(id_, ())))
        for id_, platform in targets.platforms.items()
    }
    return msgspec.structs.replace(targets, platforms=platforms)


def _endpoints(node: Node, targets: Targets) -> dict[str, tuple[Endpoint, ...]]:
    """`endpoints:`, which the rest of the file may name, so it is read first."""
    given = node.items().get("endpoints")
    found: dict[str, tuple[Endpoint, ...]] = {}
    for id_, rows in given.items().items() if given else ():
        if id_ not in targets.platforms:
            raise rows.unknown("platform", id_, targets.platforms)
        found[id_] = tuple(Builder({}, {}).build(row, Endpoint, "endpoint") for row in rows.list())
    return found


def packaged() -> dict[str, Path]:
    """The shipped scenarios: name -> file, in the order of names."""
    folder = Path(str(files("lab") / "scenarios"))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


class _Reader:
    """Reads one file."""

    def __init__(self, targets: Targets) -> None:
        self._plan: Plan = make_plan(targets)
        self._targets = targets
        self._selectors = Selectors(targets, self._plan)
        self._clock: float | None = None  # seconds after midnight at which the scenario begins
        own: dict[tuple[str, str], Convert] = {
            **{("Trigger", key): self._names for key in ("dns", "sni", "quic_sni", "host")},
            ("Trigger", "prefixes"): self._addresses,
            ("DnsAnswer", "addresses"): self._addresses,
            ("NameChange", "names"): self._names,
            ("NameChange", "addresses"): self._addresses,
            ("SiteChange", "names"): self._names,
            ("WorldChanges", "dead"): self._names_or_addresses,
            ("WorldChanges", "dead_ipv6"): self._names,
            ("WorldChanges", "no_quic"): self._names,
            **{(owner, "window"): self._window for owner in ("Rule", "CrossTraffic")},
            ("Link", "outages"): self._window,
        }
        self._builder = Builder(UNIT_OF, own)

    def scenario(self, node: Node, name: str) -> Scenario:
        parts: dict[str, Callable[[Node], Any]] = {
            "title": Node.text,
            "story": lambda one: " ".join(one.text().split()),
            "clock": self._start,
            "link": self._link,
            "world": lambda one: self._builder.build(one, WorldChanges, "world"),
            "rules": lambda one: tuple(self._rule(rule) for rule in one.list()),
            "expect": self._expect,
            "seed": Node.number,
            "busy": Node.number,
            "moves": lambda one: one.quantity("time"),
        }
        given = node.items()
        for key, value in given.items():
            if key not in parts and key != "endpoints":
                raise value.unknown("key of a scenario", key, (*parts, "endpoints"))
        for needed in ("title", "expect"):
            if needed not in given:
                raise node.refuse(f'"{needed}" is missing')
        values = {key: convert(given[key]) for key, convert in parts.items() if key in given}
        values.pop("clock", None)
        names = [rule.name for rule in values.get("rules", ())]
        if len(set(names)) < len(names):
            raise given["rules"].refuse("two rules have the same name")
        return Scenario(name=name, **values)

    # --- parts ---

    def _start(self, node: Node) -> float:
        self._clock = _clock(node)
        return self._clock

    def _link(self, node: Node) -> Link:
        hints = get_type_hints(Link)
        values: dict[str, Any] = {}
        for key, value in node.items().items():
            if key == "hops":
                values[key] = default_hops(value.number())
                continue
            if key not in hints and key not in LINK_WORDS:
                raise value.unknown("key of link", key, {*hints, *LINK_WORDS})
            for field in LINK_WORDS.get(key, (key,)):
                values[field] = self._builder.field(value, Link, field, hints[field])
        return Link(**values)

    def _rule(self, node: Node) -> Rule:
        hints = get_type_hints(Rule)
        values: dict[str, Any] = {"trigger": Trigger()}
        for key, value in node.items().items():
            if key == "when":
                values["trigger"] = self._builder.build(value, Trigger, "when")
            elif key == "do":
                values["action"] = self._action(value)
            elif key not in hints or key in ("trigger", "action"):
                raise value.unknown("key of a rule", key, {*hints, "when", "do"} - {"trigger", "action"})
            else:
                values[key] = self._builder.field(value, Rule, key, hints[key])
        for needed, word in (("name", "name"), ("action", "do")):
            if needed not in values:
                raise node.refuse(f'a rule needs "{word}"')
        return Rule(**values)

    def _action(self, node: Node) -> Any:
        """`do: drop`, or `do: {police: {rate: 130 kbit/s}}`."""
        if node.is_text:
            word, fields = node.text(), None
        else:
            rows = node.items()
            if len(rows) != 1:
                raise node.refuse("a rule does one thing; write a second rule for the other")
            ((word, fields),) = rows.items()
        action = ACTIONS.get(word)
        if action is None:
            raise node.unknown("action", word, ACTIONS)
        preset = dict(action.preset)
        if action.made is Intercept:
            preset["ipv4"], preset["ipv6"] = self._plan.mitm
        if fields is None:
            if word in FIGURE_NEEDED:
                raise node.refuse(f"{word!r} needs its figure, as in {{{word}: {{{FIGURE_NEEDED[word]}}}}}")
            values = action.made(**preset)
        else:
            values = self._builder.build(fields, action.made, word, **preset)
        if word in ("forge", "race") and not values.addresses:
            return DnsAnswer(**{**_fields(values), "addresses": self._plan.names[BLOCKPAGE_NAME]})
        return values

    def _expect(self, node: Node) -> Expect:
        values: dict[str, Any] = {}
        for key, value in node.items().items():
            if key == "summary":
                values[key] = self._builder.build(value, Summary, "summary")
            elif key == "platforms":
                values[key] = {
                    name: tuple(self._outcome(one) for one in outcomes.list())
                    for name, outcomes in self._keyed(value, self._selectors.known, ("quic",)).items()
                }
            elif key == "throttle":
                values[key] = {
                    name: tuple(self._throttle_word(one) for one in words.list())
                    for name, words in self._keyed(value, (), ("quic", "upload")).items()
                }
            else:
                raise value.unknown("key of expect", key, ("summary", "platforms", "throttle"))
        if not values:
            raise node.refuse("a scenario must expect something")
        return Expect(**values)

    def _keyed(self, node: Node, endpoints: Container[str], parts: Iterable[str]) -> dict[str, Node]:
        """Rows keyed by platform, one of `endpoints` or "*"; the former two with one of `parts` behind them or not."""
        rows = node.items()
        known = [*self._targets.platforms, "*"]
        for key, value in rows.items():
            whole = next((key.removesuffix(f"/{part}") for part in parts if key.endswith(f"/{part}")), key)
            if whole not in known and whole not in endpoints:
                raise value.unknown("platform", key, known)
        return rows

    def _outcome(self, node: Node) -> Outcome:
        """`blocked`, `blocked/tls`, or a mapping."""
        if not node.is_text:
            outcome: Outcome = self._builder.build(node, Outcome, "outcome")
            return outcome
        verdict, _, stage = node.text().partition("/")
        for word, known in ((verdict, get_args(Verdict)), (stage, ("", *get_args(VerdictStage)))):
            if word not in known:
                raise node.unknown("verdict or stage", word, known)
        return msgspec.convert({"verdict": verdict, "stage": stage or None}, Outcome)

    def _throttle_word(self, node: Node) -> str:
        words = ("throttled", "not_throttled", "inconclusive")
        if node.text() not in words:
            raise node.unknown("throttling verdict", node.text(), words)
        return node.text()

    # --- values of their own kind ---

    def _names(self, node: Node) -> tuple[str, ...]:
        return self._selected(node, self._selectors.names)

    def _addresses(self, node: Node) -> tuple[str, ...]:
        return self._selected(node, self._selectors.addresses)

    def _names_or_addresses(self, node: Node) -> tuple[str, ...]:
        return self._selected(
            node, lambda text: (*self._selectors.names(text), *self._selectors.addresses(text))
        )

    def _selected(self, node: Node, select: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for one in node.list():
            try:
                found.update(dict.fromkeys(select(one.text())))
            except UnknownSelector as error:
                raise one.unknown("selector", one.text()[1:], error.known) from error
        if not found:  # an empty trigger would match everything
            raise node.refuse("this names nothing that the targets file has")
        return tuple(found)

    def _window(self, node: Node) -> Window:
        """`{start, end, every}` after the scenario's begin, or `{from, to}` by its clock, every day."""
        rows = node.items()
        if not rows.keys() & {"from", "to"}:
            window: Window = self._builder.build(node, Window, "window")
            return window
        if set(rows) != {"from", "to"}:
            raise node.refuse('a window by the clock has "from" and "to"')
        if self._clock is None:
            raise node.refuse('a window by the clock needs the scenario\'s "clock"')
        start, end = (_clock(rows[key]) for key in ("from", "to"))
        length = (end - start) % SECONDS_A_DAY
        begin = (start - self._clock) % SECONDS_A_DAY
        return Window(start=begin, end=begin + length, every=SECONDS_A_DAY)


def _clock(node: Node) -> float:
    try:
        return clock_time(node.text())
    except UnitError as error:
        raise node.refuse(str(error)) from error


def _fields(value: Any) -> dict[str, Any]:
    return {key: getattr(value, key) for key in value.__dataclass_fields__}
