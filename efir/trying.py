"""Trying every entry of a targets file from this line, for `efir targets check`."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import metadata
from typing import TYPE_CHECKING

from efir.about import distribution, version
from efir.measuring import make_context
from efir.options import Shared
from measurements.records import Observation
from measurements.rules.judge import Round, judge_round
from measurements.targets import Targets, Transfer
from measurements.targets_check import Finding
from measurements.targets_trial import address_for, neutral_pairs, pair_finding, trial_findings, with_objects

if TYPE_CHECKING:
    from probes.base import Context


def try_entries(shared: Shared, targets: Targets, contact: str | None) -> tuple[bool, list[Finding]]:
    """Is the line online, and what did not answer as the file says? Nothing of it is stored."""
    context = replace(make_context(shared), user_agent=user_agent(contact))
    return asyncio.run(_try(with_objects(targets), context))


def user_agent(contact: str | None) -> str:
    """Who asks, and where to complain: the given URL, or the home page in the package's metadata."""
    home = next((each.partition(", ")[2] for each in metadata(distribution()).get_all("Project-URL", [])), "")
    return f"Efir/{version()} targets-check (+{contact or home})"


async def _try(targets: Targets, context: "Context") -> tuple[bool, list[Finding]]:
    from probes.round import run_round

    result = await run_round(targets, context, thorough=True)
    about = Round(context.run_id, context.vantage.pseudonym, None, None, context.clock.utc())
    line, verdicts = judge_round(targets, result.observations, about, context.new_id)
    if not line.online:
        text = f"this line is {line.situation}; nothing could be tried"
        return False, [Finding(level="error", place="controls", text=text)]
    findings = trial_findings(targets, verdicts, result.observations)
    for key, transfer in neutral_pairs(targets):
        failure = await _neutral_handshake(key, transfer, targets, result.observations, context)
        findings.extend(pair_finding(key, transfer, failure))
    return True, findings


async def _neutral_handshake(
    key: str, transfer: Transfer, targets: Targets, observations: Sequence[Observation], context: "Context"
) -> str | None:
    """Does an address of the platform hold a certificate for the neutral name? None if so, else what went wrong."""
    from probes.base import Target
    from probes.registry import PROBES

    worked = address_for(key, observations)
    if worked is None:
        return "no address of the platform completed TLS"
    endpoint = next(each for each in targets.platforms[key].endpoints if each.id == worked.endpoint)
    target = Target(key, "target", endpoint, address=worked.address, sni=transfer.neutral_sni)
    return (await PROBES["tls"](target, context)).failure
