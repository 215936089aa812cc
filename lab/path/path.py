"""The path between client and servers: access link, hops, censor, delay. Pure: packets and times in, packets out.

How a packet travels. Up: access link's queue -> censor's boxes -> hops (TTL) -> delay. Down: the same from the far end,
with the access link last. The boxes are asked when a packet enters their part of the path and all propagation is paid
at the end, which keeps the order of events at every box and needs one queue instead of one per hop.

Packets that cross the path unharmed, nearly all, wait in one first-in-first-out line for each direction; everything
else (held, forged, reordered) is in a heap of events.
"""

import heapq
import itertools
import random
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from lab.packets import time_exceeded, with_ttl
from lab.path.emission import Emission
from lab.path.link import DelayLine, Losses, gate
from lab.scenario import Link
from lab.windows import WindowClock

UP, DOWN = True, False


class Box(Protocol):
    """A censor, as the path sees it."""

    def process(self, now: float, up: bool, data: bytes, ttl: int) -> list[Emission] | None:
        """What becomes of a packet that came with `ttl`: None = it passes as it is; [] = it is gone."""


class Path:
    """One scenario's path. `epoch` is the UTC time (seconds since 1970) at `now` = 0."""

    def __init__(self, link: Link, box: Box | None, *, seed: int, epoch: float) -> None:
        rng = random.Random(seed)
        self._box = box
        self._hops = len(link.hops)
        self._link = link
        self._routers = {
            4: [socket.inet_pton(socket.AF_INET, hop.ipv4) for hop in link.hops],
            6: [socket.inet_pton(socket.AF_INET6, hop.ipv6) for hop in link.hops],
        }
        outages = WindowClock(link.outages, epoch) if link.outages else None
        self._gates = {up: gate(link, up, epoch, rng) for up in (UP, DOWN)}
        self._delays = {
            up: DelayLine(link.one_way_delay, link.jitter, link.in_order, rng) for up in (UP, DOWN)
        }
        losses = {UP: Losses(link.loss_up, outages, rng), DOWN: Losses(link.loss_down, outages, rng)}
        self._losses = {up: loss if loss.possible else None for up, loss in losses.items()}
        self._sorted = link.in_order or not link.jitter
        self._lines: dict[bool, deque[tuple[float, bytes]]] = {UP: deque(), DOWN: deque()}
        self._events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._count = itertools.count()
        self._out: list[tuple[bool, bytes]] = []

    # --- packets in and out -------------------------------------------------------------------------------------------

    def receive(self, now: float, up: bool, data: bytes) -> None:
        """A packet enters at the client's end (`up`) or at the servers'."""
        if up and (gate := self._gates[UP]) is not None:
            left = gate.admit(now, len(data))
            if left is not None:
                self._at(left, self._cross, up, data)
            return
        self._cross(now, up, data)

    def due(self) -> float | None:
        """When `release` has something to do next."""
        times = [line[0][0] for line in self._lines.values() if line]
        if self._events:
            times.append(self._events[0][0])
        return min(times) if times else None

    def release(self, now: float) -> list[tuple[bool, bytes]]:
        """All packets, as (up, bytes), that have arrived at their end by `now`."""
        events, out = self._events, self._out
        while events and events[0][0] <= now:
            at, _, what, arguments = heapq.heappop(events)
            what(at, *arguments)
        for up, line in self._lines.items():
            while line and line[0][0] <= now:
                out.append((up, line.popleft()[1]))
        self._out = []
        return out

    # --- on the way ---------------------------------------------------------------------------------------------------

    def _at(self, time: float, what: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(self._events, (time, next(self._count), what, arguments))

    def _cross(self, now: float, up: bool, data: bytes) -> None:
        """From the access link's far end (or the servers) to where only the delay is left."""
        version = data[0] >> 4
        if version == 4:
            ttl, many = data[8], data[16] & 0xF0 == 0xE0
        else:
            ttl, many = data[7], data[24] == 0xFF
            if self._link.ipv6_broken:
                return
        if many:
            return  # multicast does not leave the local network
        losses = self._losses[up]
        if losses is not None and losses.lost(now):
            return
        if self._box is not None and (sent := self._box.process(now, up, data, ttl)) is not None:
            for emission in sent:
                self._emit(now, emission, entered_up=up)
            return
        self._finish(now, up, data, ttl, version)

    def _finish(self, now: float, up: bool, data: bytes, ttl: int, version: int) -> None:
        if ttl <= self._hops:
            self._expire(now, up, data, ttl, version)
        else:
            self._deliver(now, up, with_ttl(data, ttl - self._hops))

    def _deliver(self, now: float, up: bool, data: bytes) -> None:
        """The last stage: down the access link, and the delay."""
        if not up and (gate := self._gates[DOWN]) is not None:
            left = gate.admit(now, len(data))
            if left is None:
                return
            now = left
        arrival = self._delays[up].arrival(now)
        if self._sorted:
            self._lines[up].append((arrival, data))
        else:
            self._at(arrival, self._arrive, up, data)

    def _arrive(self, _now: float, up: bool, data: bytes) -> None:
        self._out.append((up, data))

    def _expire(self, now: float, up: bool, data: bytes, ttl: int, version: int) -> None:
        """The TTL ends at a hop, which tells the sender so."""
        hop = ttl if up else self._hops + 1 - ttl
        if ttl == 0 or not self._link.hops[hop - 1].answers:
            return
        message = time_exceeded(self._routers[version][hop - 1], data)
        self._leave(now, not up, message, hop, travelled=ttl)

    # --- what the boxes send ------------------------------------------------------------------------------------------

    def _emit(self, now: float, emission: Emission, *, entered_up: bool) -> None:
        if emission.at > now:
            self._at(emission.at, self._emit_now, emission, entered_up)
        else:
            self._emit_now(now, emission, entered_up)

    def _emit_now(self, now: float, emission: Emission, entered_up: bool) -> None:
        data = emission.data
        if emission.forged:
            travelled = emission.hop if entered_up else self._hops + 1 - emission.hop
            self._leave(now, emission.up, data, emission.hop, travelled)
            return
        version = data[0] >> 4
        self._finish(now, emission.up, data, data[8] if version == 4 else data[7], version)

    def _leave(self, now: float, up: bool, data: bytes, hop: int, travelled: int) -> None:
        """A packet made at `hop`, `travelled` hops after its cause entered the path, sets out."""
        ahead = self._hops + 1 - hop if up else hop
        ttl = (data[8] if data[0] >> 4 == 4 else data[7]) - (ahead - 1)
        if ttl <= 0:
            return
        share = (travelled + ahead) / (self._hops + 1)
        self._at(self._delays[up].arrival(now, share), self._arrive, up, with_ttl(data, ttl))
