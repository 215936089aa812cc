"""What a well-formed targets file still lacks: counts, freshness, and rules of a good comparison. Pure; no network.

Loading refuses only what cannot be used (`measurements.targets_file`). What stands here makes verdicts weaker or
impossible, so `efir targets check` says it, with the section of the file and what to do.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from measurements.targets import Control, Targets, Transfer

# DESIGN section 6: a block is concluded while two foreign controls on other networks work, so one may fail.
FOREIGN_NETWORKS: Final = 3
DOMESTIC: Final = 2
TRUSTED_RESOLVERS: Final = 2
# Hosts of these platforms are renamed a few times a year.
STALE_AFTER_DAYS: Final = 180

Level = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="finding"):
    """One thing to mend. An error spoils verdicts; a warning makes them weaker or concerns one entry."""

    level: Level
    place: str
    text: str


def check_rules(targets: Targets, today: date) -> list[Finding]:
    """All findings about the file itself, in the order of `RULES`."""
    return [finding for rule in RULES for finding in rule(targets, today)]


def _controls(targets: Targets, today: date) -> Iterator[Finding]:
    networks = {_network(control) for control in targets.controls if control.scope == "foreign"}
    if len(networks) < FOREIGN_NETWORKS:
        text = (
            f"{len(networks)} foreign networks; {FOREIGN_NETWORKS} are needed to tell a block from an outage"
        )
        yield Finding(level="error", place="controls", text=text)
    domestic = sum(control.scope == "domestic" for control in targets.controls)
    if domestic < DOMESTIC:
        text = f"{domestic} domestic controls; {DOMESTIC} are needed to recognise an international cut"
        yield Finding(level="error", place="controls", text=text)
    if networks == {"Cloudflare"}:
        text = "Cloudflare alone was slowed itself in Kazakhstan in August 2025; add another network"
        yield Finding(level="error", place="controls", text=text)


def _resolvers(targets: Targets, today: date) -> Iterator[Finding]:
    if not any(resolver.doh is None for resolver in targets.resolvers):
        text = "the system's resolver is missing; add {id: system}"
        yield Finding(level="error", place="resolvers", text=text)
    trusted = sum(resolver.doh is not None for resolver in targets.resolvers)
    if trusted < TRUSTED_RESOLVERS:
        text = f"{trusted} trusted resolvers; {TRUSTED_RESOLVERS} are needed, so that one may be blocked"
        yield Finding(level="error", place="resolvers", text=text)


def _transfers(targets: Targets, today: date) -> Iterator[Finding]:
    if not any(control.transfer for control in targets.controls if control.scope == "foreign"):
        text = "no foreign control has a transfer object; slowness cannot be compared"
        yield Finding(level="error", place="controls", text=text)
    for key, platform in targets.platforms.items():
        if not platform.transfers:
            text = "no transfer object; slowness of this platform cannot be measured"
            yield Finding(level="warning", place=f"platforms.{key}", text=text)


def _neutral_names(targets: Targets, today: date) -> Iterator[Finding]:
    """A neutral name must share no brand with the platform it stands beside."""
    for key, platform in targets.platforms.items():
        hosts = {endpoint.host for endpoint in platform.endpoints if endpoint.host}
        for transfer in platform.transfers:
            name = transfer.neutral_sni
            if name and (_site(name) in {_site(host) for host in hosts} or key in name):
                text = f"the neutral name {name} belongs to the platform itself; choose one without its brand"
                yield Finding(level="error", place=f"platforms.{key}.transfer", text=text)


def _clear_text(targets: Targets, today: date) -> Iterator[Finding]:
    for key, platform in targets.platforms.items():
        for endpoint in platform.endpoints:
            wrong = {"tls", "quic"}.intersection(endpoint.probes)
            if endpoint.scheme == "http" and wrong:
                text = f"http:// has no {' or '.join(sorted(wrong))}; use https:// or leave the probe out"
                yield Finding(level="error", place=f"platforms.{key}.{endpoint.id}", text=text)


def _fresh(targets: Targets, today: date) -> Iterator[Finding]:
    if targets.updated is None:
        yield Finding(
            level="warning", place="updated", text="not given; nobody can tell how old the entries are"
        )
        return
    try:
        age = (today - date.fromisoformat(targets.updated)).days
    except ValueError:
        yield Finding(
            level="error", place="updated", text=f"{targets.updated!r} is no date; write YYYY-MM-DD"
        )
        return
    if age > STALE_AFTER_DAYS:
        text = f"{age} days old; hosts change, so try the entries (efir targets check) and update the date"
        yield Finding(level="warning", place="updated", text=text)


def _unverified(targets: Targets, today: date) -> Iterator[Finding]:
    for key, platform in targets.platforms.items():
        for endpoint in platform.endpoints:
            if not endpoint.verified:
                text = f"never tried from a clean line ({endpoint.note or 'no note'})"
                yield Finding(level="warning", place=f"platforms.{key}.{endpoint.id}", text=text)
        yield from (
            _unverified_transfer(f"platforms.{key}.transfer", each)
            for each in platform.transfers
            if not each.verified
        )
    for control in targets.controls:
        if control.transfer and not control.transfer.verified:
            yield _unverified_transfer(f"controls.{control.id}.transfer", control.transfer)


def _unverified_transfer(place: str, transfer: Transfer) -> Finding:
    text = f"object never tried from a clean line ({transfer.note or 'no note'})"
    return Finding(level="warning", place=place, text=text)


def _network(control: Control) -> str:
    return control.network or _site(urlsplit(control.url).hostname or control.id)


def _site(host: str) -> str:
    """The last two labels: good enough to tell brands apart in a file of known hosts."""
    return ".".join(host.rstrip(".").split(".")[-2:])


RULES: Final[tuple[Callable[[Targets, date], Iterator[Finding]], ...]] = (
    _controls,
    _resolvers,
    _transfers,
    _neutral_names,
    _clear_text,
    _fresh,
    _unverified,
)
