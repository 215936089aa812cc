"""What the observations of the controls show: who is vouched for, in which wave of tries, and by which resolvers."""

from collections.abc import Iterable, Mapping, Sequence

from measurements.records import Observation
from measurements.targets import Control

# Flags of the later waves of control tries: while second tries run, and after everything.
DURING = "control_during"
AFTER = "control_after"
WAVES = (DURING, AFTER)

# Two foreign controls on other networks must work before a failing platform may be called blocked (DESIGN 6).
FOREIGN_NEEDED = 2


def vouched(observation: Observation) -> bool:
    """True if the probed host showed a certificate valid for its name, whatever came after it.

    A DNS probe's handshake is the trusted resolver's, and says nothing about the host that was asked for.
    """
    return observation.probe != "dns" and observation.tls is not None and observation.tls.verified is True


def networks(names: Iterable[str], controls: Mapping[str, Control]) -> int:
    """Distinct networks; a control that names none counts as one of its own."""
    return len({controls[name].network or name for name in names})


def stable(working: Mapping[str, Sequence[Observation]], controls: Mapping[str, Control]) -> bool:
    """False if, in some later wave of control tries, fewer than the needed foreign controls worked."""
    if networks(working, controls) < FOREIGN_NEEDED:
        return True  # too few to begin with: another rule says so
    return all(
        networks((name for name, group in working.items() if _worked_in(wave, group)), controls)
        >= FOREIGN_NEEDED
        for wave in _later_waves(working.values())
    )


def resolvers_alive(groups: Sequence[Sequence[Observation]]) -> frozenset[str]:
    """Ids of the resolvers that were of use for two controls (or all, if fewer), in the first wave and in later ones.

    `groups` holds the observations of one control each. A resolver whose way abroad is broken may still know domestic
    names, and one that died in mid-round did answer before: neither is fit to judge a platform's name by.
    """
    found = {o.resolver for group in groups for o in group if o.probe == "dns" and o.resolver}
    needed = min(FOREIGN_NEEDED, len(groups))
    waves = (None, *_later_waves(groups))
    return frozenset(
        resolver
        for resolver in found
        if all(sum(_useful(resolver, group, wave) for group in groups) >= needed for wave in waves)
    )


def unsteady(groups: Iterable[Sequence[Observation]]) -> frozenset[tuple[str | None, str]]:
    """Resolvers and the words with which they failed for the name of a control that they gave at another time.

    Some answer a person only so many questions a second, and refuse the others: what they refuse is chance.
    """
    found = set()
    for group in groups:
        asked = [o for o in group if o.probe == "dns" and o.dns and o.dns.question == "A"]
        told = {o.resolver for o in asked if o.failure is None}
        found |= {(o.resolver, o.failure) for o in asked if o.failure and o.resolver in told}
    return frozenset(found)


def _useful(resolver: str, group: Sequence[Observation], wave: str | None) -> bool:
    """Its answer in that wave leads to the control's certificate, or was never tried."""
    tried = {o.address for o in group if o.probe != "dns"}
    working = {o.address for o in group if vouched(o)}
    told = [
        set(o.dns.used.addresses)
        for o in group
        if o.resolver == resolver and o.dns and o.dns.used and _wave(o) == wave
    ]
    return any(given & working or (given and not given & tried) for given in told)


def _later_waves(groups: Iterable[Sequence[Observation]]) -> set[str]:
    return {wave for group in groups for o in group if (wave := _wave(o))}


def _worked_in(wave: str, group: Sequence[Observation]) -> bool:
    return any(vouched(o) for o in group if _wave(o) == wave)


def _wave(row: Observation) -> str | None:
    return next((wave for wave in WAVES if wave in row.flags), None)
