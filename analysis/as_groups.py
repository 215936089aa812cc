"""Owners of networks: cells of one owner pooled into one, so that they do not count as independent witnesses."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from analysis.correlate.types import Votes
from measurements.owners import owners


def pool(cells: list[Votes]) -> list[Votes]:
    """Cells of one platform and one owner made one cell without an AS; others stay as they are."""
    together: dict[tuple[str, str, str], list[Votes]] = defaultdict(list)
    alone = []
    for cell in cells:
        owner = owners().get(cell.asn) if cell.asn is not None else None
        if owner is None:
            alone.append(cell)
        else:
            together[cell.platform, cell.outcome, owner].append(cell)
    pooled = [_joined(parts, owner) for (_, _, owner), parts in together.items()]
    return sorted(pooled + alone, key=lambda cell: (cell.platform, cell.group or "", cell.asn or 0))


def _joined(parts: list[Votes], owner: str) -> Votes:
    """A vantage keeps a level of its own in each network it measured from."""
    offsets = np.cumsum([0, *(int(part.vantage.max(initial=-1)) + 1 for part in parts)])
    vantage = np.concatenate(
        [part.vantage + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
    )
    time = np.concatenate([part.time for part in parts])
    order = np.argsort(time, kind="stable")
    return replace(
        parts[0],
        asn=None,
        group=owner,
        time=time[order],
        vantage=vantage[order],
        value=np.concatenate([part.value for part in parts])[order],
        failed=np.concatenate([part.failed for part in parts])[order],
        controlled=all(part.controlled for part in parts),
    )
