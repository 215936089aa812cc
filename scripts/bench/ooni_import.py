"""How fast OONI's measurements are imported, beside what gunzip alone costs.

    python scripts/bench/ooni_import.py [--measurements 100000] [--folder DIR]

Makes a mix of web_connectivity and telegram measurements of about 10 kB each, a third of them with failures, and
imports them uncompressed and gzipped. Prints measurements a second of wall time and of CPU time (all threads): "per
core" is the latter. They lie in 30 days, and writing a day's files takes some 5 ms whatever is in them: an import of
few measurements a day is slower.
"""

import argparse
import gzip
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from analysis.importing.reading import chunks
from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from measurements.targets_file import load_targets

HOSTS = (
    "www.youtube.com",
    "www.facebook.com",
    "vk.com",
    "ok.ru",
    "twitter.com",
    "www.instagram.com",
    "example.org",
)
CENTRES = (
    "149.154.175.50",
    "149.154.167.51",
    "149.154.175.100",
    "149.154.167.91",
    "149.154.171.5",
    "95.161.76.100",
)
FAILURES = ("generic_timeout_error", "connection_reset", "connection_refused")
START = 1_699_000_000  # Unix seconds
TEXT = "".join(random.Random(0).choices("abcdefghij <>/=\n", k=4_000_000))  # what pages are cut from


def measurements(number: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """`number` measurements spread over 30 days."""
    rng = random.Random(seed)
    for n in range(number):
        begun = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START + n * 30 * 86_400 // number))
        failure = rng.choice(FAILURES) if rng.random() < 1 / 3 else None
        test = "telegram" if n % 3 == 0 else "web_connectivity"
        keys = _telegram(rng, failure) if test == "telegram" else _web(rng, rng.choice(HOSTS), failure)
        yield {
            "annotations": {"network_type": rng.choice(("wifi", "mobile")), "platform": "android"},
            "data_format_version": "0.2.0",
            "input": keys.pop("input"),
            "measurement_start_time": begun,
            "measurement_uid": f"{n:08d}_{test}",
            "probe_asn": f"AS{rng.choice((9198, 29355, 48503, 206026))}",
            "probe_cc": "KZ",
            "report_id": f"r{n // 10}",
            "software_name": "ooniprobe-android",
            "test_keys": keys,
            "test_name": test,
            "test_runtime": rng.random() * 10,
            "test_start_time": begun,
            "test_version": "0.4.3",
        }


def _web(rng: random.Random, host: str, failure: str | None) -> dict[str, Any]:
    address = f"142.250.{rng.randrange(256)}.{rng.randrange(256)}"
    start = rng.randrange(len(TEXT) - 4500)
    return {
        "input": f"https://{host}/",
        "queries": [
            {
                "hostname": host,
                "engine": "system",
                "query_type": kind,
                "failure": None,
                "answers": [{"answer_type": kind, "ipv4": address, "asn": 15169, "as_org_name": "x"}],
            }
            for kind in ("A", "CNAME")
        ],
        "tcp_connect": [{"ip": address, "port": 443, "status": {"failure": None, "success": True}}],
        "tls_handshakes": [
            {
                "address": f"{address}:443",
                "server_name": host,
                "failure": failure,
                "peer_certificates": [{"data": "MIIE" + "A" * 1400, "format": "base64"}],
                "t0": 0.1,
                "t": 0.3,
            }
        ],
        "requests": [
            {
                "failure": failure,
                "request": {"url": f"https://{host}/", "method": "GET", "headers": {"User-Agent": "x"}},
                "response": {
                    "code": 0 if failure else 200,
                    "body": TEXT[start : start + 4500],
                    "headers": {"Server": "x"},
                },
            }
        ],
        "network_events": _events(address, 12),
        "control": {
            "tcp_connect": {f"{address}:443": {"status": True, "failure": None}},
            "http_request": {
                "body_length": 4500,
                "failure": None,
                "status_code": 200,
                "headers": {},
                "title": "",
            },
            "dns": {"failure": None, "addrs": [address]},
        },
        "control_failure": None,
        "body_length_match": None if failure else True,
        "blocking": "http-failure" if failure else False,
        "accessible": failure is None,
    }


def _telegram(rng: random.Random, failure: str | None) -> dict[str, Any]:
    web = "149.154.167.99"
    page = {
        "code": 501,
        "body": "<html>" * 20,
        "headers": {"Content-Length": "181", "Server": "nginx/0.3.33"},
    }
    return {
        "input": None,
        "queries": [
            {
                "hostname": "web.telegram.org",
                "engine": "system",
                "failure": None,
                "answers": [{"answer_type": "A", "ipv4": web}],
            }
        ],
        "tcp_connect": [
            {"ip": ip, "port": port, "status": {"failure": None, "success": True}}
            for ip in (*CENTRES, web)
            for port in (80, 443)
        ],
        "tls_handshakes": [
            {
                "address": f"{web}:443",
                "server_name": "web.telegram.org",
                "failure": failure,
                "t0": 1.0,
                "t": 2.0,
            }
        ],
        "requests": [
            {"failure": None, "request": {"url": f"http://{ip}:{port}/", "method": "POST"}, "response": page}
            for ip in CENTRES
            for port in (80, 443)
        ]
        + [
            {
                "failure": failure,
                "request": {"url": "https://web.telegram.org/", "method": "GET"},
                "response": {"code": 0 if failure else 200, "body": "x" * 1600, "headers": {}},
            }
        ],
        "network_events": _events(web, 20 + rng.randrange(10)),
        "telegram_web_status": "blocked" if failure else "ok",
    }


def _events(address: str, number: int) -> list[dict[str, Any]]:
    return [
        {
            "address": f"{address}:443",
            "failure": None,
            "operation": "read",
            "num_bytes": 1388,
            "proto": "tcp",
            "t": n / 50,
        }
        for n in range(number)
    ]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(wall seconds, CPU seconds of all threads)."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measurements", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    given = parser.parse_args()
    with TemporaryDirectory(dir=given.folder) as folder:
        bench(Path(folder), given.measurements)


def bench(folder: Path, number: int) -> None:
    plain, packed = folder / "mix.jsonl", folder / "mix.jsonl.gz"
    encode = msgspec.json.Encoder().encode
    with plain.open("wb") as file:
        for each in measurements(number):
            file.write(encode(each) + b"\n")
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as sink:
        shutil.copyfileobj(source, sink)
    platforms = platforms_of(load_targets())
    first = folder / "first.jsonl"
    first.write_bytes(b"\n".join(map(encode, measurements(500))))
    import_files([first], folder / "first", platforms, lambda path: None)  # loads the libraries
    print(f"{number} measurements, {plain.stat().st_size / number:.0f} bytes each")
    for title, work in (
        ("gunzip alone", lambda: sum(map(len, chunks(packed)))),
        ("import, uncompressed", lambda: import_files([plain], folder / "a", platforms, lambda path: None)),
        ("import, gzip", lambda: import_files([packed], folder / "b", platforms, lambda path: None)),
        (
            "import again (all known)",
            lambda: import_files([plain], folder / "a", platforms, lambda path: None),
        ),
    ):
        wall, cpu = timed(work)
        print(f"{title:26} {number / wall:10.0f} a second  {number / cpu:10.0f} a second of CPU time")


if __name__ == "__main__":
    main()
