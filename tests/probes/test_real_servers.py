"""The probes against servers that others wrote: nginx and unbound from Debian."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from measurements.targets import Endpoint, Expect, Resolver
from probes import dns, http, tls
from probes.base import Context, Target
from tests.certificates import Leaf
from tests.ports import free_port

pytestmark = pytest.mark.system
MakeTarget = Callable[..., Target]

NGINX = """
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  gzip on; gzip_min_length 1;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {pem}; ssl_certificate_key {pem};
    location = /page {{ default_type text/html; return 200 "<title>From nginx</title>{filler}"; }}
    location = /generate_204 {{ return 204; }}
    location = /busy {{ return 503; }}
  }}
}}
"""
UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  pidfile: ""
  access-control: 127.0.0.0/8 allow
  local-zone: "test." static
  local-data: "good.test. 300 IN A 192.0.2.7"
  local-data: "good.test. 300 IN AAAA 2001:db8::7"
  local-zone: "refused.test." refuse
remote-control:
  control-enable: no
"""


def program(name: str) -> str:
    """Path of a server's program; the test is skipped where its package is missing."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        pytest.skip(f"needs the Debian package of {name}")
    return found


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, leaf: Leaf) -> Iterator[int]:
    """Its port. The command returns when its daemon listens, so that no test comes too early."""
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, pem=leaf.pem, filler="x" * 500))
    command = [program("nginx"), "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    subprocess.run(command, check=True)
    yield port
    subprocess.run([*command, "-s", "stop"], check=True)


@pytest.fixture(scope="module")
def unbound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address and port, once it says that it serves."""
    folder: Path = tmp_path_factory.mktemp("unbound")
    port = free_port()
    (folder / "unbound.conf").write_text(UNBOUND.format(port=port))
    command = [program("unbound"), "-d", "-v", "-c", folder / "unbound.conf"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "start of service" in line:
                break
        else:
            pytest.fail(f"unbound did not start: {''.join(said)}")
        yield f"127.0.0.1:{port}"
        process.terminate()


async def test_nginx_shakes_hands(nginx: int, context: Context, target: MakeTarget) -> None:
    seen = await tls.probe(target(nginx), context)
    assert (seen.failure, seen.alpn) == (None, "h2")


async def test_a_compressed_page_of_nginx_is_read(nginx: int, context: Context, target: MakeTarget) -> None:
    seen = await http.probe(target(nginx, "/page", expect=Expect(status=200, min_bytes=500)), context)
    assert seen.failure is None
    assert seen.http is not None
    assert (seen.http.title, seen.http.expected) == ("From nginx", True)
    assert ("content-encoding", "gzip") in seen.http.headers
    assert seen.http.length == 525


@pytest.mark.parametrize(("path", "status"), [("/generate_204", 204), ("/busy", 503), ("/none", 404)])
async def test_statuses_of_nginx(
    path: str, status: int, nginx: int, context: Context, target: MakeTarget
) -> None:
    seen = await http.probe(target(nginx, path), context)
    assert seen.failure is None
    assert seen.http is not None
    assert seen.http.status == status


@pytest.mark.parametrize(
    ("name", "question", "failure", "addresses"),
    [
        ("good.test", "A", None, ("192.0.2.7",)),
        ("good.test", "AAAA", None, ("2001:db8::7",)),
        ("missing.test", "A", "dns_nxdomain_error", ()),
        ("refused.test", "A", "dns_refused_error", ()),
    ],
)
async def test_answers_of_unbound(
    name: str,
    question: Literal["A", "AAAA"],
    failure: str | None,
    addresses: tuple[str, ...],
    unbound: str,
    context: Context,
) -> None:
    endpoint = Endpoint(id="web", probes=("dns",), url=f"https://{name}/")
    resolver = Resolver(id="unbound", address=unbound)
    asked = Target("youtube", "target", endpoint, resolver=resolver, question=question)
    seen = await dns.probe(asked, context)
    assert seen.failure == failure
    assert seen.dns is not None
    assert seen.dns.answers[0].addresses == addresses
