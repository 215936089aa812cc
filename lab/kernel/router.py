"""The router between the two sides, and the process that keeps its rules."""

import array
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.addresses import CLIENT_IPV4, SERVER_IPV4
from lab.engine import messages, namespaces, network
from lab.kernel import nft
from lab.scenario import Scenario

_SIOCETHTOOL = 0x8946
_TSO, _GSO, _GRO = 0x1F, 0x24, 0x2C  # "set" commands of ethtool

# The router's devices towards the client and towards the servers, with its address there
_SIDES = {"c0": "10.99.0.1", "s0": "10.99.0.2"}


def build() -> tuple[int, int]:
    """(router's namespace, server side's namespace); the caller's own namespace is the client's side."""
    client = namespaces.current_net()
    namespaces.unshare(namespaces.NEWNET)
    server = namespaces.current_net()
    namespaces.unshare(namespaces.NEWNET)
    router = namespaces.current_net()
    for (device, address), net in zip(_SIDES.items(), (client, server), strict=True):
        _ip(f"link add {device} type veth peer name {network.DEVICE} netns /proc/self/fd/{net}", net)
        _offload_off(device)
        _ip(f"addr add {address}/32 dev {device}\nlink set {device} up", net)
        # It answers for every address behind it, at once
        for setting, value in ((f"conf/{device}/proxy_arp", "1"), (f"neigh/{device}/proxy_delay", "0")):
            Path("/proc/sys/net/ipv4", setting).write_text(value, encoding="ascii")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
    for net, own in ((server, SERVER_IPV4), (client, CLIENT_IPV4)):
        namespaces.setns(net, namespaces.NEWNET)
        _offload_off(network.DEVICE)
        network.prepare_side((own,))
    namespaces.setns(router, namespaces.NEWNET)
    _ip(f"route add {CLIENT_IPV4} dev c0\nroute add default dev s0", router)
    namespaces.setns(client, namespaces.NEWNET)
    os.close(client)
    return router, server


def _ip(batch: str, net: int) -> None:
    subprocess.run(["ip", "-batch", "-"], input=batch + "\n", text=True, check=True, pass_fds=(net,))


def _offload_off(device: str) -> None:
    """Else the filter would meet packets of 64 kB, which no link has (ethtool(8) -K)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in (_TSO, _GSO, _GRO):
            value = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
            fcntl.ioctl(any_socket, _SIOCETHTOOL, request)


class RouterLoop:
    """Loads rules, and tells what they did, until the control socket closes."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._orders: dict[str, Callable[[Any], object]] = {"load": self._load, "acts": self._acts}

    def run(self) -> None:
        while True:
            try:
                (order, argument), _ = messages.receive(self._control)
            except EOFError:
                return
            try:
                answer = self._orders[order](argument)
            except nft.NotExpressible as error:
                answer = error
            messages.send(self._control, answer)

    def _load(self, scenario: Scenario) -> None:
        rules = nft.ruleset(scenario)
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)

    def _acts(self, _: None) -> list[dict[str, Any]]:
        listing = subprocess.run(
            ["nft", "-j", "list", "table", "ip", nft.TABLE], capture_output=True, text=True, check=True
        )
        return nft.acts(listing.stdout)
