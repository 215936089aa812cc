"""Reasons of the device not to measure now."""

from pathlib import Path

import pytest

from vantage.conditions import battery_low, pause

VPN = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\nwg0\t00000000\t0\t3\t0\t0\t0\t00000000\n"
)


@pytest.mark.parametrize(
    ("batteries", "low"),
    [
        ([], False),
        ([("Discharging", 12)], True),
        ([("Charging", 12)], False),
        ([("Discharging", 60)], False),
        ([("Discharging", 5), ("Discharging", 80)], False),
        ([("Unknown", 5)], False),
    ],
    ids=["none", "running out", "being charged", "enough", "a second one is full", "who knows"],
)
def test_a_battery_is_low_when_it_runs_down_and_little_is_left(
    batteries: list[tuple[str, int]], low: bool
) -> None:
    assert battery_low(batteries) is low


def supply(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text + "\n")


def test_the_battery_is_read_from_the_system_and_a_mouse_is_none(tmp_path: Path) -> None:
    supply(tmp_path / "AC", online="0")
    supply(tmp_path / "mouse", status="Discharging", capacity="90", scope="Device")
    supply(tmp_path / "BAT0", status="Discharging", capacity="7")
    assert pause(tmp_path, tmp_path / "no routes") == "battery"


def test_a_vpn_pauses_and_its_absence_does_not(tmp_path: Path) -> None:
    (tmp_path / "routes").write_text(VPN)
    assert pause(tmp_path / "none", tmp_path / "routes") == "vpn"
    assert pause(tmp_path / "none", tmp_path / "none") is None


@pytest.mark.parametrize(
    ("routes", "said", "pauses"),
    [("none", True, True), ("none", None, False), ("plain", True, False)],
    ids=["the system does not tell", "nobody tells", "the system sees that there is none now"],
)
def test_what_the_person_says_of_a_vpn_counts_where_the_system_does_not_tell(
    tmp_path: Path, routes: str, said: bool | None, pauses: bool
) -> None:
    (tmp_path / "plain").write_text(VPN.replace("wg0", "wlan0"))
    assert (pause(tmp_path / "no supplies", tmp_path / routes, vpn=said) == "vpn") is pauses
