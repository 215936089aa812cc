"""Reading `targets.yaml`: either `Targets`, or every mistake with its line and how to mend it.

Only structure is refused here. Whether there are enough controls, whether entries are fresh and whether names still
answer is for `efir targets check` (`measurements.targets_check`).
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from measurements import yaml_lines
from measurements.checked import check
from measurements.errors import ConfigurationError
from measurements.targets import Control, Endpoint, Resolver, Targets, Transfer
from measurements.targets_received import check_received
from measurements.yaml_lines import Document

# RFC 1123 labels, and the underscore that real host names carry.
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NEED_A_NAME: Final = ("dns", "http", "quic")


class TargetsError(ConfigurationError):
    """A targets file that cannot be used; the text lists every mistake, one a line."""

    def __init__(self, file: str, problems: Iterable[yaml_lines.Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("\n".join(problem.show(file) for problem in self.problems))


def packaged_path() -> Path:
    """The file that came with Efir: inside the wheel, or at the root of a working copy. Never the current folder's."""
    here = Path(__file__).parent
    packaged = here / "data" / "targets.yaml"
    return packaged if packaged.exists() else here.parent / "targets.yaml"


def load_targets(path: Path | None = None) -> Targets:
    """Read and check a targets file; None = the packaged one. Raises TargetsError."""
    file = packaged_path() if path is None else path
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = yaml_lines.Problem(None, "", f"cannot be read ({reason}); give another with --targets FILE")
        raise TargetsError(str(file), [problem]) from None
    except UnicodeDecodeError:
        raise TargetsError(str(file), [yaml_lines.Problem(None, "", "is not UTF-8 text")]) from None
    return parse_targets(text, str(file))


def parse_targets(text: str, file: str = "targets.yaml", *, received: bool = False) -> Targets:
    """`Targets` from YAML text; `file` stands in the messages. Raises TargetsError.

    `received`: it came from afar, and may not lead into the person's own network (`measurements.targets_received`).
    """
    document = yaml_lines.read(text)
    if not document.problems:
        check(document, Targets)
    if document.problems:
        raise TargetsError(file, document.problems)
    targets = msgspec.convert(document.data, Targets)
    _rules(targets, document)
    if received:
        check_received(targets, document)
    if document.problems:
        raise TargetsError(file, document.problems)
    return targets


def _rules(targets: Targets, document: Document) -> None:
    for key, platform in targets.platforms.items():
        _identifier(key, ("platforms", key), document)
        here: yaml_lines.Path = ("platforms", key, "endpoints")
        if not platform.endpoints:
            document.add(here, "a platform needs at least one endpoint")
        _unique([endpoint.id for endpoint in platform.endpoints], here, document)
        for index, endpoint in enumerate(platform.endpoints):
            _endpoint(endpoint, (*here, index), document)
        for number, transfer in enumerate(platform.transfers):
            at = ("platforms", key, "transfer")
            _transfer(transfer, (*at, number) if isinstance(platform.transfer, tuple) else at, document)
    _unique([control.id for control in targets.controls], ("controls",), document)
    for index, control in enumerate(targets.controls):
        _control(control, targets, ("controls", index), document)
    _unique([resolver.id for resolver in targets.resolvers], ("resolvers",), document)
    for index, resolver in enumerate(targets.resolvers):
        _resolver(resolver, ("resolvers", index), document)
    if targets.helper is not None:
        _helper(targets, document)


def _endpoint(endpoint: Endpoint, path: yaml_lines.Path, document: Document) -> None:
    _identifier(endpoint.id, (*path, "id"), document)
    _probes(endpoint.probes, path, document)
    if endpoint.url is not None:
        _url(endpoint.url, (*path, "url"), document)
        if endpoint.address is not None:
            document.add((*path, "address"), "give either url or address, not both")
    elif endpoint.address is None or endpoint.port is None:
        document.add(path, "an endpoint needs a url, or an address and a port")
    else:
        _address(endpoint.address, (*path, "address"), document)
        for probe in set(endpoint.probes).intersection(_NEED_A_NAME):
            document.add(
                (*path, "probes"), f"the probe {probe!r} needs a url; an address takes tcp, tls or telegram"
            )
    if endpoint.port is not None:
        _port(endpoint.port, (*path, "port"), document)
    _expect(endpoint, path, document)


def _control(control: Control, targets: Targets, path: yaml_lines.Path, document: Document) -> None:
    _identifier(control.id, (*path, "id"), document)
    if control.id in targets.platforms:
        document.add((*path, "id"), f"{control.id!r} is a platform too; records could not tell them apart")
    _probes(control.probes, path, document)
    _url(control.url, (*path, "url"), document)
    if control.transfer is not None:
        _transfer(control.transfer, (*path, "transfer"), document)
    _expect(control, path, document)


def _transfer(transfer: Transfer, path: yaml_lines.Path, document: Document) -> None:
    if (transfer.url is None) == (transfer.discover is None):
        document.add(path, "a transfer needs either url or discover")
    if transfer.url is not None:
        _url(transfer.url, (*path, "url"), document)
    if transfer.neutral_sni is not None:
        _host(transfer.neutral_sni, (*path, "neutral_sni"), document)
    if transfer.discover is not None:
        _url(transfer.discover.page, (*path, "discover", "page"), document)
        try:
            re.compile(transfer.discover.pattern)
        except re.error as error:
            document.add((*path, "discover", "pattern"), f"not a regular expression: {error}")
    _not_negative(transfer.min_bytes, (*path, "min_bytes"), document)


def _resolver(resolver: Resolver, path: yaml_lines.Path, document: Document) -> None:
    _identifier(resolver.id, (*path, "id"), document)
    if resolver.doh is None and resolver.address is None and resolver.id != "system":
        document.add(
            path, "a resolver needs doh (a URL) or address; only the one with id 'system' needs neither"
        )
    if resolver.address is not None:
        _address(resolver.address, (*path, "address"), document)
    if resolver.tls_name is not None:
        _host(resolver.tls_name, (*path, "tls_name"), document)
    if resolver.doh is not None and _url(resolver.doh, (*path, "doh"), document):
        parts = urlsplit(resolver.doh)
        if parts.scheme != "https" or not _is_address(parts.hostname or ""):
            document.add(
                (*path, "doh"),
                "a trusted resolver is reached by address: https://ADDRESS/dns-query, with its name in tls_name",
            )


def _helper(targets: Targets, document: Document) -> None:
    helper = targets.helper
    assert helper is not None
    if not helper.addresses:
        document.add(("helper", "addresses"), "the helper needs at least one address")
    _unique(helper.addresses, ("helper", "addresses"), document)
    for index, address in enumerate(helper.addresses):
        _address(address, ("helper", "addresses", index), document)
    _port(helper.port, ("helper", "port"), document)
    if helper.neutral_sni is not None:
        _host(helper.neutral_sni, ("helper", "neutral_sni"), document)
    if not _SHA256.fullmatch(helper.sha256):
        document.add(
            ("helper", "sha256"),
            "64 lower-case hexadecimal digits are needed: the SHA-256 of the certificate's DER form",
        )


def _expect(entry: Endpoint | Control, path: yaml_lines.Path, document: Document) -> None:
    if entry.expect is None:
        return
    status = entry.expect.status
    given = (status,) if isinstance(status, int) else status or ()
    if status == ():
        document.add((*path, "expect", "status"), "an empty list fits no answer; leave the key out")
    for each in given:
        if not 100 <= each <= 599:
            document.add((*path, "expect", "status"), f"{each} is no HTTP status; they go from 100 to 599")
    _not_negative(entry.expect.min_bytes, (*path, "expect", "min_bytes"), document)


def _probes(probes: tuple[str, ...], path: yaml_lines.Path, document: Document) -> None:
    if not probes:
        document.add((*path, "probes"), "name at least one probe: dns, tcp, tls, http, quic or telegram")
    _unique(probes, (*path, "probes"), document)


def _unique(values: Iterable[str], path: yaml_lines.Path, document: Document) -> None:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in first:
            line = document.lines.get((*path, first[value]))
            document.add(
                (*path, index), f"{value!r} stands here twice (first on line {line}); each must differ"
            )
        first.setdefault(value, index)


def _identifier(value: str, path: yaml_lines.Path, document: Document) -> None:
    if not _ID.fullmatch(value):
        document.add(path, f"{value!r} is no id; use letters, digits, '.', '_' and '-' (at most 64)")


def _not_negative(value: int | None, path: yaml_lines.Path, document: Document) -> None:
    if value is not None and value < 0:
        document.add(path, f"{value} bytes cannot be; give 0 or more")


def _port(port: int, path: yaml_lines.Path, document: Document) -> None:
    if not 1 <= port <= 65535:
        document.add(path, f"{port} is no port; they go from 1 to 65535")


def _address(address: str, path: yaml_lines.Path, document: Document) -> None:
    if not _is_address(address):
        document.add(path, f"{address!r} is no IP address")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def _host(host: str, path: yaml_lines.Path, document: Document) -> None:
    if not _is_host(host):
        document.add(path, f"{host!r} is no host name; write it without https:// and in ASCII (xn--...)")


def _url(url: str, path: yaml_lines.Path, document: Document) -> bool:
    wrong = _url_mistake(url)
    if wrong:
        document.add(path, f"{url!r} {wrong}")
    return not wrong


def _url_mistake(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"is no URL: {error}"
    if parts.scheme not in ("http", "https"):
        return "is no URL of the web; it must begin with https:// or http://"
    if not host or not (_is_host(host) or _is_address(host)):
        return "has no valid host name; write it in ASCII (xn--...)"
    if port == 0 or parts.username is not None or parts.fragment:
        return "may carry neither port 0, a user name nor a #fragment"
    if not url.isascii() or any(character.isspace() for character in url):
        return "has characters that must be percent-encoded"
    return None
