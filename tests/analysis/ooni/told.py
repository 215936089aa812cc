"""Attempts in OONI's own shape, as short as a case can tell them, and what the rules make of them."""

from typing import Any

import msgspec

from analysis.ooni.extract import extract
from analysis.ooni.judge import verdict_line
from analysis.ooni.model import Measurement
from analysis.ooni.platforms import Platforms
from analysis.ooni.record import Record

PLATFORMS = Platforms({"www.example.com": "example"}, {})
HOST, ADDRESS, OTHER = "www.example.com", "93.184.216.34", "151.101.1.69"
CLEAR = f"http://{HOST}/"
BLOCK_PAGE = "<p>This URL has been blocked as the Department of Telecommunications wished.</p>"
SIGNS = {"queries": "hostname", "tcp_connect": "ip", "tls_handshakes": "server_name", "requests": "request"}


def dns(
    failure: str | None = None,
    *answers: str,
    host: str = HOST,
    engine: str = "system",
    asn: int | None = None,
) -> dict[str, Any]:
    kinds = [{"ipv6" if ":" in a else "ipv4": a, "asn": asn} for a in answers]
    return {"hostname": host, "engine": engine, "failure": failure, "answers": kinds or None}


def tcp(failure: str | None = None, ip: str = ADDRESS, port: int = 443) -> dict[str, Any]:
    return {"ip": ip, "port": port, "status": {"failure": failure, "success": failure is None}}


def tls(failure: str | None = None, ip: str = ADDRESS, name: str = HOST) -> dict[str, Any]:
    return {"address": f"{ip}:443", "server_name": name, "failure": failure}


def http(
    failure: str | None = None, url: str = f"https://{HOST}/", code: int = 200, **headers: str
) -> dict[str, Any]:
    response = {"code": 0 if failure and code == 200 else code, "headers": headers}
    return {"failure": failure, "request": {"url": url}, "response": response}


def helper(
    failure: str | None = None, addresses: tuple[str, ...] = (ADDRESS,), unreachable: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "http_request": {"failure": failure, "status_code": -1 if failure else 200},
        "dns": {"failure": None, "addrs": list(addresses)},
        "tcp_connect": {f"{a}:443": {"status": False, "failure": "x"} for a in unreachable},
    }


def keys(*parts: dict[str, Any], control: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Sort the attempts into OONI's lists by their shape."""
    found: dict[str, Any] = {"queries": [], "tcp_connect": [], "tls_handshakes": [], "requests": []}
    for part in parts:
        kind = next(k for k, sign in SIGNS.items() if sign in part)
        found[kind].append(part)
    return found | {"control": control} | more


def record(raw: dict[str, Any]) -> Record:
    line = msgspec.json.encode(raw)
    made = extract(msgspec.json.decode(line, type=Measurement), line, PLATFORMS)
    assert made is not None
    return made


def short(made: Record) -> tuple[str, str | None, str]:
    line = verdict_line(made)
    return line.verdict, line.stage, line.rule
