"""The arms of a comparison: what is asked of whom under which name, for the target and for its control.

helper         our server under the platform's name      against  our server under a neutral name
same_address   the platform's object                      against  the same object under the CDN's neutral name
foreign        the platform's object                      against  a control site's object
"""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from measurements.records import Direction, Role, Transport
from measurements.targets import Endpoint, Helper
from measurements.throttle.flow import Arm
from probes.base import Target
from probes.sessions.addresses import Split, of_one_family, split

# A name that nobody slows, for helpers whose invite names none. Reserved for use without permission (RFC 2606).
NEUTRAL: Final = "example.net"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of an arm. `sized`: the object's size is ours to choose, and is the end of its path."""

    platform: str  # a control's id on the control's side
    role: Role
    family: str  # host family: stands as the endpoint in records
    url: str
    port: int
    sni: str
    pin: str | None = None
    sized: bool = False
    inverted: bool = False  # every bit on the wire turned over

    def target(self, address: str, size: int) -> Target:
        """What to probe at `address`; a helper's object has `size` bytes."""
        url = f"{self.url}{size}" if self.sized else self.url
        endpoint = Endpoint(id=self.family, probes=("http",), url=url, port=self.port)
        return Target(self.platform, self.role, endpoint, address=address, sni=self.sni)


@dataclass(frozen=True, kw_only=True)
class ArmPlan:
    """An arm on offer, and how its bytes move."""

    arm: Arm
    protocol: Transport = "tcp"
    direction: Direction = "download"
    target: Side
    control: Side
    addresses: Split

    def side(self, role: Role) -> Side:
        return self.target if role == "target" else self.control


def of_like_length(neutral: str, host: str) -> str:
    """`neutral`, lengthened by a label in front to the length of `host` where it is shorter by two or more."""
    missing = len(host) - len(neutral) - 1
    if missing < 1:
        return neutral
    return f"{('www' + 'w' * missing)[: min(missing, 63)]}.{neutral}"


def helper_arm(helper: Helper, platform: str, family: str, host: str) -> ArmPlan:
    """Our server: only the name differs. Target and control use different addresses of it."""
    neutral = of_like_length(helper.neutral_sni or NEUTRAL, host)

    def side(name: str, who: str, role: Role) -> Side:
        return Side(
            platform=who,
            role=role,
            family=family,
            url=f"https://{name}/bytes/",
            port=helper.port,
            sni=name,
            pin=helper.sha256,
            sized=True,
        )

    return ArmPlan(
        arm="helper",
        target=side(host, platform, "target"),
        control=side(neutral, "helper", "control"),
        addresses=split(of_one_family(helper.addresses)),
    )


def over_quic(arm: ArmPlan) -> ArmPlan:
    """The same objects of the same servers over HTTP/3."""
    return replace(arm, protocol="quic")


def upwards(arm: ArmPlan) -> ArmPlan:
    """Uploads to our server in place of its objects."""

    def side(download: Side) -> Side:
        return replace(download, url=f"https://{download.sni}/upload", sized=False)

    return replace(arm, direction="upload", target=side(arm.target), control=side(arm.control))


def own_side(platform: str, family: str, url: str) -> Side:
    """The platform's own object."""
    return _site(platform, "target", family, url)


def same_address_arms(own: Side, neutral: str, addresses: Split) -> tuple[ArmPlan, ArmPlan]:
    """The platform's own servers: only the name in the handshake differs.

    Asked under the object's own name inside the encrypted request, the server does the same work for both: one that
    hands out this site's objects slowly does so twice. Where that is refused (421), the CDN may have the object under
    the neutral name too. Whichever gives the object first is used.
    """
    parts = urlsplit(own.url)
    port = f":{parts.port}" if parts.port else ""
    urls = (own.url, urlunsplit(parts._replace(netloc=neutral + port)))
    one, other = (
        ArmPlan(
            arm="same_address",
            target=own,
            control=replace(own, platform="same_address", role="control", url=url, sni=neutral),
            addresses=addresses,
        )
        for url in urls
    )
    return one, other


def foreign_arm(own: Side, control_id: str, url: str, addresses: Split) -> ArmPlan:
    """Another site's object on its own server."""
    return ArmPlan(
        arm="foreign", target=own, control=control_side(control_id, own.family, url), addresses=addresses
    )


def control_side(control_id: str, family: str, url: str) -> Side:
    """A control site's own object."""
    return _site(control_id, "control", family, url)


def _site(platform: str, role: Role, family: str, url: str) -> Side:
    host = urlsplit(url).hostname or ""
    return Side(platform=platform, role=role, family=family, url=url, port=_port(url), sni=host)


def _port(url: str) -> int:
    return urlsplit(url).port or 443
