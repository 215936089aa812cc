"""nginx and unbound in place of our own web servers and resolver: a check that the lab's are not alike by our habits.

Both come from Debian and run in the lab's server namespace; they end with it.
"""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lab.world.certificates import Wardrobe
from lab.world.pages import Page
from lab.world.plan import Network, Plan

PROGRAMS: Final = ("nginx", "unbound")
_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"  # servers are seldom on a user's own

_NGINX: Final = """\
user root root; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off; default_type text/html; server_names_hash_bucket_size 128;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
{servers}
}}
"""
_SERVER: Final = """\
  server {{
    {listen}
    server_name {name};
    ssl_certificate {leaf}; ssl_certificate_key {leaf};
    {locations}
  }}"""
_UNBOUND: Final = """\
server:
  do-daemonize: no
  use-syslog: no
  logfile: "{folder}/unbound.log"
  chroot: ""
  username: ""
  pidfile: ""
  module-config: "iterator"
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  local-zone: "." static
{rows}
remote-control:
  control-enable: no
"""


def missing() -> list[str]:
    """Programs that this system lacks."""
    return [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]


def start_nginx(
    folder: Path, networks: Iterable[Network], pages: list[Page], wardrobe: Wardrobe, alive: set[str]
) -> None:
    """Serve `pages` over TLS with HTTP/1.1 and HTTP/2; on each network's addresses all of its names."""
    servers = [
        _SERVER.format(
            listen=_listen(network, alive),
            name=name,
            leaf=wardrobe.file(network.names),
            locations=_locations(folder, [page for page in pages if page.host == name and page.secure]),
        )
        for network in networks
        for name in network.names
        if any(page.host == name and page.secure for page in pages)
    ]
    file = folder / "nginx.conf"
    file.write_text(_NGINX.format(folder=folder, servers="\n".join(servers)), encoding="ascii")
    _start("nginx", "-c", str(file), "-e", str(folder / "nginx.log"))


def start_unbound(folder: Path, plan: Plan) -> None:
    """Answer for the plan's names as the provider's resolver; any other name does not exist."""
    rows = [f"  interface: {address}" for address in plan.resolver]
    rows += [
        f'  local-data: "{name}. 60 IN {"AAAA" if ":" in address else "A"} {address}"'
        for name, addresses in plan.names.items()
        for address in addresses
    ]
    file = folder / "unbound.conf"
    file.write_text(_UNBOUND.format(folder=folder, rows="\n".join(rows)), encoding="ascii")
    _start("unbound", "-d", "-c", str(file))


def _start(program: str, *arguments: str) -> None:
    found = shutil.which(program, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"{program} is not installed; on Debian: apt install {program}")
    subprocess.Popen([found, *arguments], stdin=subprocess.DEVNULL)


def _listen(network: Network, alive: set[str]) -> str:
    shown = [
        f"[{one}]" if ":" in one else one for one in network.addresses + network.regional if one in alive
    ]
    return "\n    ".join(f"listen {one}:443 ssl http2;" for one in shown)


def _locations(folder: Path, pages: list[Page]) -> str:
    return "\n    ".join(
        _location(folder / f"{page.host}-{number}", page) for number, page in enumerate(pages)
    )


def _location(file: Path, page: Page) -> str:
    """nginx takes a body from a file only with 200, which is what the lab's pages with a body have."""
    answer, path = page.answer, page.path.partition("?")[0]
    if answer.status == 200:
        file.write_bytes(answer.body)
        return f"location = {path} {{ root {file.parent}; try_files /{file.name} =404; }}"
    location = dict(answer.headers).get("location", "")
    return f"location = {path} {{ return {answer.status} {location}; }}"
