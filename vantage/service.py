"""Service files that run `efir run` without root, on three systems. Pure: text from a command line.

All start at a random time within 15 minutes of the login or boot, run at low priority, and are stopped like Ctrl-C.
"""

import plistlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Final, Literal
from xml.sax.saxutils import escape

System = Literal["systemd", "launchd", "windows"]

# The file's and the task's name. It says what is installed: hiding would not hold against a search, and looks worse.
NAME: Final = "efir"
START_WITHIN: Final = 900  # seconds


@dataclass(frozen=True)
class Service:
    """What a system needs: a file, and the commands that switch it on, off, and ask how it stands."""

    path: Path
    content: bytes
    install: tuple[tuple[str, ...], ...]
    remove: tuple[tuple[str, ...], ...]
    status: tuple[str, ...]


def run_command(program: Sequence[str], state: PurePath) -> list[str]:
    """The command line that the service runs."""
    return [*program, "run", "--quiet", "--state", str(state), "--start-within", str(START_WITHIN)]


def service(
    system: System,
    program: Sequence[str],
    home: Path,
    state: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Service:
    """The service of this system. `program` starts efir, such as its path.

    `environment` is set for it; Windows' tasks have no place for that and take the account's own variables.
    """
    makers = {"systemd": _systemd, "launchd": _launchd, "windows": _windows}
    return makers[system](run_command(program, state), home, state, environment)


def _systemd(command: list[str], home: Path, state: Path, environment: Mapping[str, str]) -> Service:
    unit = f"{NAME}.service"
    return Service(
        home / ".config" / "systemd" / "user" / unit,
        systemd_unit(command, state, environment).encode(),
        (("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", unit)),
        (("systemctl", "--user", "disable", "--now", unit),),
        ("systemctl", "--user", "is-active", unit),
    )


def systemd_unit(command: list[str], state: Path, environment: Mapping[str, str]) -> str:
    """A user unit that may write its state folder and reach the network, and nothing else.

    Name look-ups need AF_UNIX (nscd, resolved) and AF_NETLINK (routes).
    """
    variables = "".join(f"Environment={_plain(f'{name}={value}')}\n" for name, value in environment.items())
    return f"""[Unit]
Description=Efir measures this line

[Service]
{variables}ExecStart={" ".join(map(_quoted, command))}
KillSignal=SIGTERM
TimeoutStopSec=30
Restart=on-failure
RestartSec=15min
# 2, 3: wrong use, no consent. Trying again would not help.
RestartPreventExitStatus=2 3
Nice=10
MemoryMax=300M
TasksMax=64
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={_quoted("-" + str(state))}
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
StandardOutput=null
# Errors name no address and no host; they go to the user's journal.
StandardError=journal

[Install]
WantedBy=default.target
"""


def _quoted(word: str) -> str:
    """A word of a command as systemd reads it: like others, and variables made plain."""
    return _plain(word).replace("$", "$$")


def _plain(word: str) -> str:
    """A word as systemd reads it (systemd.syntax(7)): quoted, with specifiers made plain."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"'


def _launchd(command: list[str], home: Path, state: Path, environment: Mapping[str, str]) -> Service:
    label = f"org.{NAME}.run"
    path = home / "Library" / "LaunchAgents" / f"{label}.plist"
    content = plistlib.dumps(
        {
            "Label": label,
            "ProgramArguments": command,
            "EnvironmentVariables": dict(environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 900,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "Nice": 10,
            "Umask": 0o077,
            "StandardOutPath": "/dev/null",
            "StandardErrorPath": "/dev/null",
        }
    )
    return Service(
        path,
        content,
        (("launchctl", "load", "-w", str(path)),),
        (("launchctl", "unload", "-w", str(path)),),
        ("launchctl", "list", label),
    )


def _windows(command: list[str], home: Path, state: Path, environment: Mapping[str, str]) -> Service:
    path = state / "task.xml"
    return Service(
        path,
        windows_task(command).encode("utf-16"),
        (("schtasks", "/Create", "/F", "/TN", NAME, "/XML", str(path)), ("schtasks", "/Run", "/TN", NAME)),
        (("schtasks", "/End", "/TN", NAME), ("schtasks", "/Delete", "/F", "/TN", NAME)),
        ("schtasks", "/Query", "/TN", NAME),
    )


def windows_task(command: list[str]) -> str:
    """A task at log-on with the user's own rights; no window where pythonw runs it."""
    arguments = " ".join(f'"{word}"' if " " in word else word for word in command[1:])
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Efir measures this line</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled><Delay>PT1M</Delay></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType>
    <RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure><Interval>PT15M</Interval><Count>3</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author"><Exec>
    <Command>{escape(command[0])}</Command><Arguments>{escape(arguments)}</Arguments>
  </Exec></Actions>
</Task>
"""
