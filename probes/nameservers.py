"""Which resolvers this machine uses, read by ourselves so that we can ask them with our own socket."""

from pathlib import Path

RESOLV_CONF = Path("/etc/resolv.conf")


def parse_resolv_conf(text: str) -> tuple[str, ...]:
    """Addresses of the `nameserver` lines; without any, the resolver of this machine (resolv.conf(5))."""
    words = [line.split() for line in text.splitlines()]
    found = tuple(line[1] for line in words if len(line) > 1 and line[0] == "nameserver")
    return found or ("127.0.0.1",)


def system_nameservers() -> tuple[str, ...]:
    """The system's resolvers, in its order; empty if it has none that can be found out."""
    try:
        return parse_resolv_conf(RESOLV_CONF.read_text(errors="replace"))
    except OSError:
        return _from_dnspython()


def _from_dnspython() -> tuple[str, ...]:
    """Windows keeps them in its registry; dnspython knows how to read it."""
    import dns.resolver

    try:
        return tuple(str(server) for server in dns.resolver.Resolver().nameservers)
    except (dns.resolver.NoResolverConfiguration, OSError):
        return ()
