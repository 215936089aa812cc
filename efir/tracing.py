"""From a platform's entry to what is traced, and from its traces to printed lines. Nothing of a trace is stored."""

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.measuring import make_context
from efir.options import Shared
from measurements.records import TraceHop, TraceLine
from measurements.targets import Endpoint, Targets, Transfer

if TYPE_CHECKING:
    from ssl import MemoryBIO, SSLObject

    from probes.base import Context
    from probes.sessions.lookup import Lookup
    from probes.trace.flow import Object
    from probes.trace.runner import Trace, Way

# The router at home and the provider's first one tell where a person lives.
_NEAR_HOPS: Final = 2


async def trace_platform(shared: Shared, targets: Targets, platform: str) -> list[TraceLine]:
    """Trace the platform's first endpoint that has a name over TLS. Raises EfirError."""
    import asyncio

    from probes.sessions.lookup import Lookup
    from probes.trace import runner

    endpoint = next((each for each in targets.platforms[platform].endpoints if each.scheme == "https"), None)
    if endpoint is None:
        raise EfirError(_("{platform} has no name that could be traced").format(platform=platform))
    context = make_context(shared)
    lookup = Lookup(context, targets.resolvers, keep=lambda row: None)
    transfer = next((each for each in targets.platforms[platform].transfers if each.neutral_sni), None)
    way = await _way(targets, platform, endpoint, context, lookup, transfer)
    try:
        traces = await asyncio.to_thread(runner.trace, way, context.clock.random_bytes)
    except OSError as error:
        raise EfirError(
            _("no packet could be sent ({why}); is this device online? See: efir doctor").format(
                why=error.strerror
            ),
            Exit.OFFLINE,
        ) from None
    # Looked for only now: where the name is stopped, there is nothing to download.
    hello = next((each for each in traces if each.method == "hello" and each.finding.what == "none"), None)
    if hello and transfer and (what := await _object(transfer, platform, lookup, way.address)):

        def wrap(incoming: "MemoryBIO", outgoing: "MemoryBIO", name: str) -> "SSLObject":
            return context.roots.wrap(incoming, outgoing, name, ("http/1.1",))

        traces.append(await asyncio.to_thread(runner.trace_flow, way, what, hello, wrap))
    return lines_of(platform, endpoint.id, traces)


async def _way(
    targets: Targets,
    platform: str,
    endpoint: Endpoint,
    context: "Context",
    lookup: "Lookup",
    transfer: Transfer | None,
) -> "Way":
    """Addresses come from a trusted resolver, so that false answers do not lead the trace astray."""
    from probes.trace.runner import Way

    control = next((each for each in targets.controls if each.scope == "foreign"), None)
    if control is None:
        raise EfirError(
            _("the targets file has no foreign control to compare with; add one, or use the packaged file")
        )
    control_endpoint = Endpoint(id=control.id, url=control.url, probes=("tcp",))
    neutral = transfer.neutral_sni if transfer else None
    host, control_host = endpoint.host or "", control_endpoint.host or ""

    async def address(name: str) -> str | None:
        found = await lookup.addresses(name, platform, "target", trusted=True)
        found = found or await lookup.addresses(name, platform, "target")
        return found[0] if found else None

    there = await address(host)
    if there is None:
        raise EfirError(
            _("no resolver gave an address for {host}, so nothing can be traced; see: efir doctor").format(
                host=host
            ),
            Exit.OFFLINE,
        )
    return Way(
        name=host,
        neutral_name=neutral or control_host,
        address=there,
        port=endpoint.target_port,
        control_address=await address(control_host),
        resolver=_resolver(targets, context),
    )


async def _object(transfer: Transfer, platform: str, lookup: "Lookup", address: str) -> "Object | None":
    """What a throughput pair would download, under the neutral name at the platform's address."""
    from probes.trace.flow import Object
    from probes.wire import urls

    url = transfer.url
    if url is None and transfer.discover:
        url = (await lookup.discover(transfer.discover, platform)).url
    if url is None or transfer.neutral_sni is None:
        return None
    _scheme, host, path = urls.split(url)
    return Object(address=address, port=443, name=transfer.neutral_sni, host=host, path=path)


def _resolver(targets: Targets, context: "Context") -> str | None:
    """A resolver beyond the person's own network; the way to one inside it is too short to hide a box."""
    from urllib.parse import urlsplit

    trusted = (urlsplit(each.doh).hostname for each in targets.resolvers if each.doh)
    candidates = (*context.nameservers(), *trusted)
    return next((each for each in candidates if each and _public(each)), None)


def _public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return False


def lines_of(platform: str, endpoint: str, traces: "list[Trace]") -> list[TraceLine]:
    """One line a method. A ClientHello's hops get their addresses from the SYN's, as the kernel tells none for it."""
    on_the_way = next((each.target.addresses() for each in traces if each.method == "syn"), {})
    lines = []
    for each in traces:
        known = each.control.addresses() if each.method == "dns" else on_the_way
        finding, high = each.finding, each.finding.hop_high
        ttls = sorted({*each.target.replies, *each.control.replies})
        lines.append(
            TraceLine(
                platform=platform,
                endpoint=endpoint,
                method=each.method,
                finding=finding.what,
                hop_low=finding.hop_low,
                hop_high=high,
                hop_address=None if high is None else shown(high, known.get(high)),
                reason=finding.reason,
                hops=tuple(_hop(ttl, each, known.get(ttl)) for ttl in ttls),
            )
        )
    return lines


def _hop(ttl: int, trace: "Trace", address: str | None) -> TraceHop:
    told = shown(ttl, address)
    return TraceHop(
        ttl=ttl,
        target=tuple(sorted(trace.target.words(ttl))),
        control=tuple(sorted(trace.control.words(ttl))),
        address=told,
        inside=address is not None and told is None,
    )


def shown(ttl: int, address: str | None) -> str | None:
    """The address of a hop, as far as it may be told: public, and not next to the person."""
    return address if address is not None and ttl > _NEAR_HOPS and _public(address) else None
