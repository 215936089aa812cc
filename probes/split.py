"""One connection, several records: an HTTP probe has measured TCP and TLS on its way.

Opening three connections where one tells all would triple what a volunteer pays and what an observer sees.
"""

from collections.abc import Sequence

import msgspec

from measurements.records import Observation, Phases, Probe
from probes.base import Context

# What a probe has measured on its way, shallow first.
_ON_THE_WAY: dict[str, tuple[Probe, ...]] = {
    "http": ("tcp", "tls"),
    "tls": ("tcp",),
    "telegram": ("tcp",),
}
# Stages that belong to each shallow probe.
_STAGES = {"tcp": ("connect",), "tls": ("connect", "tls")}


def deepest(probes: Sequence[str]) -> Probe | None:
    """The probe of `probes` that measures the others on its way; None if only dns or quic are listed."""
    order: tuple[Probe, ...] = ("telegram", "http", "tls", "tcp")
    return next((p for p in order if p in probes), None)


def split(observation: Observation, probes: Sequence[str], context: Context) -> list[Observation]:
    """`observation` and the records of the shallower probes in `probes` that it measured on its way.

    The derived ones name it in `connection` and carry no bytes of their own, so that sums stay right.
    """
    on_the_way = [shallow for shallow in _ON_THE_WAY.get(observation.probe, ()) if shallow in probes]
    return [observation, *(_derived(observation, shallow, context) for shallow in on_the_way)]


def _derived(deep: Observation, shallow: Probe, context: Context) -> Observation:
    failed_here = deep.failure is not None and deep.stage in _STAGES[shallow]
    phases = Phases(connect=deep.phases.connect, tls=deep.phases.tls if shallow == "tls" else None)
    return msgspec.structs.replace(
        deep,
        id=context.new_id(),
        probe=shallow,
        connection=deep.id,
        phases=phases,
        stage=deep.stage if failed_here else None,
        failure=deep.failure if failed_here else None,
        tls=deep.tls if shallow == "tls" else None,
        http=None,
        telegram=None,
        bytes_sent=0,
        bytes_received=0,
    )
