"""Trying every entry of a targets file from this line, for `efir targets check`."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import metadata, version
from typing import TYPE_CHECKING

from efir.measuring import make_context
from efir.options import Shared
from measurements.records import Observation
from measurements.rules.judge import Round, judge_round
from measurements.targets import Targets, Transfer
from measurements.targets_check import Finding, with_objects

if TYPE_CHECKING:
    from probes.base import Context


def try_entries(shared: Shared, targets: Targets, contact: str | None) -> tuple[bool, list[Finding]]:
    """Is the line online, and what did not answer as the file says? Nothing of it is stored."""
    context = replace(make_context(shared), user_agent=user_agent(contact))
    return asyncio.run(_try(with_objects(targets), context))


def user_agent(contact: str | None) -> str:
    """Who asks, and where to complain: the given URL, or the home page in the package's metadata."""
    home = next((each.partition(", ")[2] for each in metadata("efir").get_all("Project-URL", [])), "")
    return f"Efir/{version('efir')} targets-check (+{contact or home})"


async def _try(targets: Targets, context: "Context") -> tuple[bool, list[Finding]]:
    from probes.round import run_round

    result = await run_round(targets, context, thorough=True)
    about = Round(context.run_id, context.vantage.pseudonym, None, None, context.clock.utc())
    line, verdicts = judge_round(targets, result.observations, about, context.new_id)
    if not line.online:
        return False, [
            Finding(
                level="error", place="controls", text=f"this line is {line.situation}; nothing could be tried"
            )
        ]
    findings = [
        Finding(
            level="error",
            place=f"platforms.{each.platform}.{each.endpoint}",
            text=f"{each.verdict}: {each.reason}",
        )
        for each in verdicts
        if each.endpoint is not None and each.verdict != "accessible"
    ]
    findings += _unexpected(result.observations)
    findings += _silent_controls(targets, result.observations)
    return True, findings + await _pairs(targets, result.observations, context)


def _unexpected(observations: list[Observation]) -> list[Finding]:
    """Answers that miss `expect`: for a verdict they are answers, for the file they are stale."""
    missed = {
        (each.platform, each.endpoint): each.http.missed
        for each in observations
        if each.http is not None and each.http.expected is False
    }
    return [
        Finding(level="warning", place=f"{owner}.{entry}", text=f"answers, but not as expected: {what}")
        for (owner, entry), what in missed.items()
    ]


def _silent_controls(targets: Targets, observations: list[Observation]) -> list[Finding]:
    working = {each.platform for each in observations if each.tls is not None and each.tls.verified}
    return [
        Finding(level="error", place=f"controls.{control.id}", text="no verified TLS answer from this line")
        for control in targets.controls
        if control.id not in working
    ]


async def _pairs(targets: Targets, observations: list[Observation], context: "Context") -> list[Finding]:
    """Each neutral name on an address of its platform: does it hold a certificate for that name there?"""
    findings = []
    for key, transfer in _with_neutral(targets):
        outcome = await _neutral_handshake(key, transfer, targets, observations, context)
        if outcome is not None:
            text = f"the neutral name {transfer.neutral_sni} is of no use there: {outcome}"
            findings.append(Finding(level="warning", place=f"platforms.{key}.transfer", text=text))
    return findings


def _with_neutral(targets: Targets) -> Iterator[tuple[str, Transfer]]:
    for key, platform in targets.platforms.items():
        yield from ((key, each) for each in platform.transfers if each.neutral_sni)


async def _neutral_handshake(
    key: str, transfer: Transfer, targets: Targets, observations: list[Observation], context: "Context"
) -> str | None:
    """None if the handshake verified, else what went wrong."""
    from probes.base import Target
    from probes.registry import PROBES

    worked = next(
        (
            each
            for each in observations
            if each.platform == key and each.probe == "tls" and each.failure is None and each.address
        ),
        None,
    )
    if worked is None:
        return "no address of the platform completed TLS"
    endpoint = next(each for each in targets.platforms[key].endpoints if each.id == worked.endpoint)
    target = Target(key, "target", endpoint, address=worked.address, sni=transfer.neutral_sni)
    return (await PROBES["tls"](target, context)).failure
