"""One flow, one pair: the work that a session does again and again."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import structs

from measurements.records import Observation, Role
from measurements.refusals import LEAVE_ALONE, TOO_MANY
from measurements.throttle.flow import Flow, goodput, goodputs
from measurements.throttle.of_records import flow_of
from measurements.throttle.pair import Pair, pair_use
from measurements.throttle.usable import STOPPED, use_of
from probes import flow as asking
from probes import tcp_info, transfer, transfer_quic, transfer_upload
from probes.base import Context, Target
from probes.draft import Draft
from probes.http import fetch
from probes.page import Page
from probes.sessions.arms import ArmPlan, Side
from probes.sessions.lookup import DISCOVER
from probes.sessions.patience import PATIENCE, patient
from probes.sessions.plan import CAP_SHARE, FOREIGN_BYTES, WARM_UP_BYTES, Plan

OWN_SERVER: Final = ("helper", "inverted")  # arms whose server is ours

_PROBES: Final = {
    ("tcp", "download"): transfer.probe,
    ("quic", "download"): transfer_quic.probe,
    ("tcp", "upload"): transfer_upload.probe,
}


@dataclass
class Ledger:
    """Bytes of some measurements: both ways, received, and taken from each third party, by its id; and who refused."""

    total: int = 0
    received: int = 0
    by_control: Counter[str] = field(default_factory=Counter)
    promised: Counter[str] = field(default_factory=Counter)  # of third parties, to sessions under way
    # Hosts that asked us to stay away, with the name in the handshake where only the two together were refused
    refusing: set[tuple[str, str | None]] = field(default_factory=set)

    def add(self, row: Observation) -> None:
        cost = row.bytes_received + row.bytes_sent
        self.total += cost
        self.received += row.bytes_received
        if row.role == "control":
            self.by_control[row.platform] += cost
        if row.host and _refused(row):
            fronted = row.http and row.http.status != TOO_MANY and row.sni != row.host
            self.refusing.add((row.host, row.sni if fronted else None))

    def promise(self, control: str, need: int, budget: int) -> bool:
        """Set `need` bytes of a third party aside for one session; False where its `budget` does not hold them."""
        if self.by_control[control] + self.promised[control] + need > budget:
            return False
        self.promised[control] += need
        return True


def _refused(row: Observation) -> bool:
    """The server of a session's object, or of the page that names it, asks us to stay away. Our own has another say."""
    status = row.http.status if row.http else None
    asked = row.transfer.arm not in OWN_SERVER if row.transfer else row.endpoint == DISCOVER
    return asked and status in LEAVE_ALONE


@dataclass(frozen=True, kw_only=True)
class Size:
    """Where a flow ends: bytes or seconds."""

    cap_bytes: int
    cap_seconds: float


def size_of(arm: ArmPlan, plan: Plan, random: Random, most: int) -> Size:
    """Where the next flows of an arm end, `most` bytes at the latest; drawn anew each time."""
    most = min(most, plan.flow_bytes, *([FOREIGN_BYTES] if arm.arm == "foreign" else []))
    return Size(cap_bytes=round(most * random.uniform(*CAP_SHARE)), cap_seconds=plan.flow_seconds)


def warm_up_of(plan: Plan) -> Size:
    """Where a first flow to an object ends."""
    return Size(cap_bytes=min(WARM_UP_BYTES, plan.flow_bytes), cap_seconds=plan.flow_seconds)


@dataclass
class Flows:
    """Runs flows one at a time, keeps their records and counts their bytes."""

    context: Context
    keep: Callable[[Observation], None]
    ledger: Ledger
    random: Random
    network: Callable[[], str]  # tells the local network from others; never stored
    started: datetime  # of the session
    session: str | None = None  # the platform whose session it is
    tariff: str | None = None
    helper_tells: bool = True  # our server answers questions about flows (until it turns out not to)
    own: Ledger = field(default_factory=Ledger)  # this session's part of it
    patience: float = PATIENCE  # of targets' handshakes, until one was silent for so long
    _tokens: dict[str, str] = field(default_factory=dict)  # observation id -> the flow's name at our server

    def left_alone(self, *sides: Side) -> bool:
        """One of these servers refused us today: it is not asked again."""
        return any(
            (urlsplit(side.url).hostname, name) in self.ledger.refusing
            for side in sides
            for name in (None, side.sni)
            if not side.pin
        )

    async def single(self, plan: ArmPlan, role: Role, size: Size, purpose: str) -> Flow:
        """One flow of an arm on its own."""
        row = await self._run(plan, plan.side(role), plan.addresses.next(role), size, purpose=purpose)
        flow = self._flow(row)
        self._keep(row, goodput(flow) if use_of(flow) == "counts" else None)
        if role == "target" and use_of(flow) in STOPPED:
            self.patience = 1.0
        return flow

    async def beside(
        self,
        plan: ArmPlan,
        side: Side,
        address: str,
        size: Size,
        *,
        arm: str | None = None,
        group: str | None = None,
    ) -> Flow:
        """One flow beside the pairs, of a side at a given address, kept as `arm`'s; those of a `group` run at once."""
        row = await self._run(plan, side, address, size, arm=arm, group=group, purpose="scope")
        flow = self._flow(row)
        self._keep(row, goodput(flow) if use_of(flow) == "counts" else None)
        return flow

    async def pair(self, plan: ArmPlan, size: Size, purpose: str = "pair") -> Pair:
        """Target and control in random order, one right after the other."""
        return await self._pair(plan, plan.target, plan.control, size, purpose)

    async def long(self, plan: ArmPlan, size: Size, least: int) -> Pair:
        """The target first; its control goes as far as it came, `least` bytes at least, to save data."""
        name = self.context.new_id()
        marks = {"pair": name, "purpose": "long"}
        target = await self._run(plan, plan.target, plan.addresses.next("target"), size, position=0, **marks)
        as_far = replace(size, cap_bytes=max(least, self._flow(target).body_bytes))
        control = await self._run(
            plan, plan.control, plan.addresses.next("control"), as_far, position=1, **marks
        )
        return await self._kept(plan, target, control)

    async def noise(self, plan: ArmPlan, size: Size) -> Pair:
        """A pair whose both flows are the control's; one of them, drawn by lot, stands in the target's place."""
        return await self._pair(plan, plan.control, plan.control, size, "noise")

    async def _pair(self, plan: ArmPlan, first: Side, second: Side, size: Size, purpose: str) -> Pair:
        name = self.context.new_id()
        order = [0, 1]
        self.random.shuffle(order)
        rows: dict[int, Observation] = {}
        for position, which in enumerate(order):
            side = (first, second)[which]
            rows[which] = await self._run(
                plan,
                side,
                plan.addresses.next(side.role),
                size,
                pair=name,
                position=position,
                purpose=purpose,
            )
        return await self._kept(plan, rows[0], rows[1])

    async def _kept(self, plan: ArmPlan, target: Observation, control: Observation) -> Pair:
        """The pair of two observations, stored in the order of the wire with what our server tells."""
        target, control = await self._with_sender(plan, target), await self._with_sender(plan, control)
        pair = Pair(arm=plan.arm, target=self._flow(target), control=self._flow(control))
        speeds = goodputs(pair.target, pair.control) if pair_use(pair) == "counts" else (None, None)
        both = zip((target, control), speeds, strict=True)
        for row, speed in sorted(both, key=lambda each: each[0].time):
            self._keep(row, speed)
        return pair

    async def _run(
        self, plan: ArmPlan, side: Side, address: str, size: Size, *, arm: str | None = None, **marks: Any
    ) -> Observation:
        # Only of TCP downloads our server knows more than we.
        token = asking.new_token() if side.sized and plan.protocol == "tcp" and self.helper_tells else None
        wanted = asking.Flow(
            target=side.target(address, size.cap_bytes),
            cap_bytes=size.cap_bytes,
            cap_seconds=size.cap_seconds,
            asked_bytes=size.cap_bytes if side.sized else None,
            pin=side.pin,
            token=token,
            inverted=side.inverted,
            session=self.session,
            tariff=self.tariff,
            arm=arm or plan.arm,
            **marks,
        )
        row = await _PROBES[plan.protocol, plan.direction](wanted, self._context(side.role))
        self._count(row)
        if token and row.http:
            self._tokens[row.id] = token
        return row

    def _context(self, role: Role) -> Context:
        return self.context if role == "control" else patient(self.context, self.patience)

    async def _with_sender(self, plan: ArmPlan, row: Observation) -> Observation:
        """The record with what our server saw of the flow; asked under the neutral name, on a control's address."""
        token = self._tokens.pop(row.id, None)
        if token is None or not self.helper_tells or row.transfer is None:
            return row
        told = await self._ask(plan.control, plan.addresses.next("control"), token)
        if told is None:
            self.helper_tells = False  # it has only what the contract asks for
            return row
        return structs.replace(row, transfer=structs.replace(row.transfer, sender_info=told))

    async def _ask(self, side: Side, address: str, token: str) -> dict[str, float] | None:
        target = side.target(address, 0)
        page = Page(f"https://{side.sni}/flow/{token}")
        with Draft(
            Target(side.platform, "control", target.endpoint, address, sni=side.sni), self.context, "http"
        ) as d:
            stream = await d.handshake(await d.connect(), ("http/1.1",), pin=side.pin)
            await fetch(d, stream, page)
        self._count(d.observation())
        if page.head is None or page.head.status != 200:
            return None
        return tcp_info.told(page.decoded)

    def keep_look_up(self, row: Observation) -> None:
        """Keep and count an observation that is no flow of an arm."""
        self._count(row)
        self.keep(row)

    def _count(self, row: Observation) -> None:
        self.ledger.add(row)
        self.own.add(row)

    def _flow(self, row: Observation) -> Flow:
        return flow_of(row, self.started, self.network())

    def _keep(self, row: Observation, speed: float | None) -> None:
        if speed is not None and row.transfer:
            row = structs.replace(row, transfer=structs.replace(row.transfer, goodput=speed))
        self.keep(row)
