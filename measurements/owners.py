"""Who owns a network: networks of one owner are not independent witnesses."""

from functools import cache
from importlib.resources import files

import yaml


@cache
def owners() -> dict[int, str]:
    """AS number -> id of its owner's group, from the packaged `as_groups.yaml`."""
    listed = yaml.safe_load((files("measurements") / "data" / "as_groups.yaml").read_text("utf-8"))
    return {asn: group["id"] for group in listed["groups"] for asn in group["asns"]}


def operator(asn: int | None) -> str:
    """The owner's group, else the network itself as `AS…`; "unknown" where the network is not known."""
    if asn is None:
        return "unknown"
    return owners().get(asn) or f"AS{asn}"
