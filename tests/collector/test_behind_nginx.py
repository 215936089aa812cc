"""The reverse proxy of docs/collector.md, as it is printed there: Debian's nginx before a collector."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from collector.networks import Network
from collector.service import PATH
from measurements.sealing import key_from_text, pack, seal
from tests.certificates import Leaf
from tests.collector.emulated import collector, header, invite, item, observation
from tests.ports import free_port

pytestmark = pytest.mark.system
DOCUMENT = Path(__file__).parents[2] / "docs" / "collector.md"
CLIENT = "127.0.0.9"
CONFIGURATION = """
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
{server}
}}
"""


@contextmanager
def nginx(folder: Path, upstream: str, pem: Path) -> Iterator[int]:
    """The documented server with our port, certificate and upstream in place of the document's."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("needs the Debian package nginx-light")
    port = free_port()
    example = re.search(r"^    server \{.*?^    \}", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert example
    server = example[0].replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    server = server.replace("http://127.0.0.1:8080", upstream)
    server = re.sub(r"(ssl_certificate(?:_key)? +)\S+;", rf"\g<1>{pem};", server)
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, server=server))
    subprocess.run([program, "-c", folder / "nginx.conf", "-e", folder / "error.log"], check=True)
    try:
        yield port
    finally:
        subprocess.run(
            [program, "-c", folder / "nginx.conf", "-e", folder / "error.log", "-s", "quit"], check=True
        )


def files_with(folder: Path, text: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


def recorder(seen: list[str]) -> Callable[[str], Network]:
    def lookup(address: str) -> Network:
        seen.append(address)
        return Network(64500, "KZ")

    return lookup


async def test_the_documented_proxy_hands_the_address_on_and_writes_it_nowhere(
    tmp_path: Path, leaf: Leaf
) -> None:
    seen: list[str] = []
    folder = tmp_path / "nginx"
    folder.mkdir()
    store = tmp_path / "store"
    async with collector(store, lookup=recorder(seen), proxy=ip_network("127.0.0.1")) as (service, url):
        made = invite(service.store)
        sealed = seal(pack(header(), [item(observation())]), made.token, key_from_text(made.key))
        with nginx(folder, url, leaf.pem) as port:
            connector = aiohttp.TCPConnector(local_addr=(CLIENT, 0), ssl=False)
            async with aiohttp.ClientSession(connector=connector) as session:
                forged = {"X-Forwarded-For": "203.0.113.5"}
                async with session.post(
                    f"https://127.0.0.1:{port}{PATH}", data=sealed, headers=forged
                ) as response:
                    assert response.status == 200
                async with session.post(
                    f"https://127.0.0.1:{port}{PATH}", data=BytesIO(bytes(6_000_000))
                ) as response:
                    assert response.status == 413
                async with session.get(f"https://127.0.0.1:{port}/metrics") as response:
                    assert response.status == 404
        assert seen == [CLIENT]
        assert files_with(tmp_path, CLIENT.encode()) == []
