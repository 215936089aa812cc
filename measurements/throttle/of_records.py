"""Flows from stored observations: the bridge between what was recorded and what is decided."""

from datetime import datetime
from itertools import pairwise
from math import ceil

from measurements.records import Observation, TransferFacts
from measurements.throttle.flow import Flow


def flow_of(observation: Observation, session_start: datetime, network: str | None = None) -> Flow:
    """The flow of a transfer observation (`transfer` may be absent where it failed before the body).

    `network` is the salted hash of the local network at the time; it never leaves the device with the record.
    """
    transfer = observation.transfer or TransferFacts()
    phases, tls, http, info = observation.phases, observation.tls, observation.http, observation.tcp_info
    # Of an upload we are the sender; of a download our helper may have told what it saw.
    sender = info if transfer.direction == "upload" else transfer.sender_info
    segments = info.get("data_segs_in") if transfer.direction == "download" else None
    return Flow(
        role=observation.role,
        started=(observation.time - session_start).total_seconds(),
        times=transfer.times,
        sizes=transfer.bytes,
        elapsed=_elapsed(observation, transfer),
        cap_bytes=transfer.cap_bytes,
        complete=transfer.complete,
        stalled=transfer.stalled,
        stage=observation.stage,
        failure=observation.failure,
        flags=tuple(flag for flag in observation.flags if flag != "lag"),
        status=http.status if http else None,
        length=transfer.announced_bytes,
        prefixes=transfer.prefixes,
        certificate_valid=_certificate_valid(observation),
        handshake_bytes=tls.received if tls else 0,
        connect=phases.connect,
        handshake=phases.tls,
        first_byte=phases.first_byte,
        # The sender's own view where our helper gave it: a receiver sees its round trips only from the outside.
        rtt=sender.get("rtt", info.get("rcv_rtt")),
        min_rtt=sender.get("min_rtt", info.get("min_rtt")),
        out_of_order=info.get("rcv_ooopack", 0.0) / segments if segments else None,
        retransmitted=_retransmitted(sender),
        resent=int(info["retransmits"]) if "retransmits" in info else None,
        repeated=_repeated(info, transfer),
        address=observation.address,
        family=observation.family,
        sni=observation.sni,
        network=network,
    )


def _elapsed(observation: Observation, transfer: TransferFacts) -> float:
    if transfer.elapsed is not None:
        return transfer.elapsed
    return observation.phases.transfer or (transfer.times[-1] if transfer.times else 0.0)


def _retransmitted(sender: dict[str, float]) -> float | None:
    sent = sender.get("bytes_sent")
    return sender.get("bytes_retrans", 0.0) / sent if sent else None


def _repeated(info: dict[str, float], transfer: TransferFacts) -> float | None:
    """Segments with data beyond those that the bytes fill: what came twice, and the few that were not full.

    What a server writes piece by piece fills no whole number of segments: each read needs its own.
    """
    if not info.get("rcv_mss") or "data_segs_in" not in info or "bytes_received" not in info:
        return None
    sizes, most = transfer.bytes, info["rcv_mss"]
    body = sum(ceil((later - earlier) / most) for earlier, later in pairwise((0, *sizes)))
    rest = info["bytes_received"] - (sizes[-1] if sizes else 0)
    return info["data_segs_in"] - body - rest / most


def _certificate_valid(observation: Observation) -> bool | None:
    if observation.tls is None:
        return None
    if observation.failure in {"ssl_unknown_authority", "ssl_invalid_hostname", "ssl_invalid_certificate"}:
        return False
    return observation.tls.verified
