"""Which platform a measurement is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from measurements.targets import Targets

# Tests of one app: their hosts are fixed by OONI, so the name of the test says it all.
APP_PLATFORMS: Mapping[str, str] = {
    "facebook_messenger": "facebook",
    "telegram": "telegram",
    "whatsapp": "whatsapp",
    "signal": "signal",
}


@dataclass(frozen=True, eq=False)  # it is itself, not its hosts: hashing it must be cheap
class Platforms:
    """Hosts of `targets.yaml`: whole names and addresses, and the sites whose every name belongs to a platform."""

    hosts: Mapping[str, str]
    sites: Mapping[str, str]

    def of_host(self, host: str) -> str | None:
        """The platform whose host this is, or None."""
        return _platform(self, host)

    def of_measurement(self, test: str, given: str | None, led_to: Iterable[str] = ()) -> str | None:
        """The app's platform, the input's, that of the hosts it led to, else the input's host name itself.

        None for a test without a target (speed tests, header games).
        """
        if test in APP_PLATFORMS:
            return APP_PLATFORMS[test]
        host = host_of(given)
        if host is None:
            return None
        return self.of_host(host) or next(filter(None, map(self.of_host, led_to)), host)


@lru_cache(maxsize=4096)
def _platform(platforms: Platforms, host: str) -> str | None:
    host = host.casefold().rstrip(".")
    return platforms.hosts.get(host) or platforms.sites.get(".".join(host.split(".")[-2:]))


def platforms_of(targets: Targets) -> Platforms:
    """A web endpoint speaks for its whole site; an API or CDN host, which others may share, for itself alone."""
    hosts: dict[str, str] = {}
    sites: dict[str, str] = {}
    for name, platform in targets.platforms.items():
        for endpoint in platform.endpoints:
            if endpoint.address is not None:
                hosts[endpoint.address.casefold()] = name
            if endpoint.host is None:
                continue
            hosts[endpoint.host.casefold()] = name
            if endpoint.kind in (None, "web"):
                sites[".".join(endpoint.host.casefold().split(".")[-2:])] = name
    return Platforms(hosts, sites)


@lru_cache(maxsize=4096)
def host_of(given: str | None) -> str | None:
    """Host of a measurement's input: a URL of any scheme, or a bare host with or without a port."""
    if not given:
        return None
    try:
        return urlsplit(given if "//" in given else f"//{given}").hostname
    except ValueError:  # brackets that are no IPv6 address
        return None
