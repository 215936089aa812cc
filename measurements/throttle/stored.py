"""Throttling sessions that were stored, decided again by the rules of today.

All that a verdict rests on is in the records: pairs, the long pair, flows before and after, noise checks and earlier
days; and flows side by side, for the scope. QUIC and uploads are not gone into again.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from measurements.records import Observation, ThrottleLine
from measurements.refusals import LEAVE_ALONE
from measurements.throttle.beside import inverted_of, together_of
from measurements.throttle.decision import decide, decide_platform
from measurements.throttle.earlier import stored_flows, stored_pairs
from measurements.throttle.evidence import Extra, Plan, SessionEvidence
from measurements.throttle.flow import ARMS
from measurements.throttle.history import KEPT, baselines_of, noise_of
from measurements.throttle.line import throttle_line
from measurements.throttle.scope import scope
from measurements.throttle.signature import signature

_PLANS: dict[str | None, Plan] = {"plain": "plain", "bundled": "bundled"}


def decided_again(rows: Sequence[Observation]) -> Iterator[tuple[Observation, ThrottleLine]]:
    """(first flow, line) of each session that came to a pair. `rows`: one vantage's transfers in order of time."""
    sessions: dict[tuple[str, str], list[Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.session:
            sessions.setdefault((row.run_id, row.transfer.session), []).append(row)
    runs = [run for run, _ in sessions]
    for (run, platform), session in sessions.items():
        known = [row for row in rows if session[0].time - KEPT <= row.time <= session[-1].time]
        families = [
            _evidence(platform, family, session, known, runs.count(run))
            for family in dict.fromkeys(row.endpoint for row in session if _paired(row))
        ]
        if families:
            yield session[0], _line(families, session)


def _paired(row: Observation) -> bool:
    return bool(
        row.transfer and row.transfer.main and row.transfer.purpose == "pair" and row.role == "target"
    )


def _evidence(
    platform: str, family: str, session: Sequence[Observation], known: Sequence[Observation], platforms: int
) -> SessionEvidence:
    start = session[0].time
    rows = [row for row in session if row.endpoint == family and row.transfer and row.transfer.main]
    pairs = stored_pairs(rows, "pair", start)
    before, after = stored_flows(rows, "before", start), stored_flows(rows, "after", start)
    long = stored_pairs(rows, "long", start)
    tried = {side for side, _ in pairs} | before.keys()
    foreign = next((control for arm, control in tried if arm == "foreign"), "")
    tariffs = {row.transfer.tariff for row in rows if row.transfer}
    return SessionEvidence(
        platform=platform,
        host_family=family,
        arms=tuple(arm for arm in ARMS if any(side[0] == arm for side in tried)),
        pairs=tuple(pair for _, pair in pairs),
        before={arm: flows for (arm, _), flows in before.items()},
        after={arm: flows for (arm, _), flows in after.items()},
        contaminable=frozenset(
            arm for (arm, _), pair in pairs if pair.target.address == pair.control.address
        ),
        refused=frozenset(
            arm
            for (arm, _), pair in pairs
            if LEAVE_ALONE.intersection((pair.target.status, pair.control.status))
        ),
        long=long[-1][1] if long else None,
        noise=noise_of(known),
        baseline=baselines_of(known, platform, start).get((family, foreign)),
        plan=_PLANS.get(tariffs.pop(), "unknown") if len(tariffs) == 1 else "unknown",
        network_changed=bool(tariffs),
        platforms=platforms,
    )


def _line(families: Sequence[SessionEvidence], session: Sequence[Observation]) -> ThrottleLine:
    decision = decide_platform([decide(each) for each in families])
    family = decision.family
    evidence = families[decision.families.index(family)]
    found = signature(evidence, family)
    rows = [row for row in session if row.endpoint == evidence.host_family]
    together, extra = together_of(rows, family.deciding), Extra(inverted=inverted_of(rows))
    return throttle_line(
        decision,
        found,
        scope(family, together, extra, found.mechanism),
        sum(row.bytes_received for row in session),
        (session[-1].time - session[0].time) / timedelta(seconds=1),
    )
