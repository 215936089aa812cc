"""What somebody else needs to get the same figures."""

import platform
from importlib.metadata import version
from typing import Any, Final

import msgspec

from analysis.preregistration import Plan

# Packages whose versions could move a figure.
_PACKAGES: Final = ("efir", "numpy", "scipy", "duckdb", "pyarrow", "tzdata")


def bundle(
    data_sha256: str,
    plan: Plan,
    scheduled: bool,
    preregistration: str | None,
    private: bool,
    published_data: bool,
) -> dict[str, Any]:
    """JSON types only; no path and no name of the machine."""
    return {
        "data_sha256": data_sha256,
        "schedule_sha256": plan.schedule_sha256 if scheduled else None,
        "preregistration_sha256": preregistration,
        "plan": msgspec.to_builtins(plan),
        "command": _command(plan, scheduled, private, published_data),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    }


def _command(plan: Plan, scheduled: bool, private: bool, published_data: bool) -> str:
    parts = ["efir report --data DIR --out report.html"]
    if scheduled:
        parts.append("--schedule FILE")
    parts += [f"--outcome {outcome}" for outcome in plan.outcomes]
    parts += [f"--platform {name!r}" for name in plan.platforms]
    parts += [f"--kind {kind!r}" for kind in plan.kinds]
    parts += ["--by-group"] * plan.by_group
    parts += [f"--seed {plan.seed} --shifts {plan.shifts}"]
    parts += ["--private"] * private + ["--published-data"] * published_data
    return " ".join(parts)
