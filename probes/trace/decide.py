"""From what was heard at each TTL to the hop that interferes. Pure.

Everything is judged against a control on the same way: `hello` and `dns` against a neutral name at the same address,
`syn` against another address. What the control cannot vouch for is `unclear`, with a reason; reasons are listed
in docs/trace.md.
"""

from typing import Final

from probes.trace.evidence import Finding, Method, Series, What, Word

_END: Final[dict[Word, What]] = {"answer": "forged", "reset": "reset", "closed": "closed"}
_QUIET: Final[frozenset[Word]] = frozenset({"silence", "unconnected"})


def distance(series: Series) -> int | None:
    """The first TTL at which something came in the far end's name; None if nothing did."""
    return next((ttl for ttl in sorted(series.replies) if series.words(ttl) & _END.keys()), None)


def decide(method: Method, target: Series, control: Series, known_end: int | None = None) -> Finding:
    """What stands in the target's way. `known_end`: distance of the same address by another method."""
    end = distance(control)
    if end is None:
        return Finding("unclear", reason="control_silent")
    if known_end is not None and end < known_end:
        return Finding("unclear", reason="control_affected")
    if method == "syn":
        return _decide_address(target, control, end)
    return (
        _early_answer(target, end)
        or _silence(target, control, end)
        or _ended(target, control)
        or _rest(target)
    )


def _early_answer(target: Series, end: int) -> Finding | None:
    """An answer from before the far end is forged by the hop whose TTL called it forth first."""
    first = distance(target)
    if first is None or first >= end:
        return None
    word = next(each for each in _END if each in target.words(first))
    before = [ttl for ttl in target.replies if ttl < first]
    # A quiet TTL right before may be a lost packet: then the box may stand there already.
    low = first
    while low - 1 in before and target.words(low - 1) <= _QUIET:
        low -= 1
    return Finding(_END[word], low, first)


def _silence(target: Series, control: Series, end: int) -> Finding | None:
    """Quiet from some TTL on, where the control's packets were heard of."""
    spoken = [ttl for ttl in target.replies if not target.words(ttl) <= _QUIET]
    low = max(spoken, default=0) + 1
    high = next((ttl for ttl in range(low, end + 1) if not control.words(ttl) <= _QUIET), None)
    if low > end or high is None:
        return None
    if low == end:
        return Finding("unclear", reason="silent_at_the_end")
    return Finding("dropped", low, high)


def _ended(target: Series, control: Series) -> Finding | None:
    """Reset or closed at the server's own distance, where the control is answered: by it, or by a box before it."""
    first, end = distance(target), distance(control)
    if first is None or end is None or "answer" in target.words(first) or "answer" not in control.words(end):
        return None
    return Finding("unclear", reason="reset_by_server_or_box")


def _decide_address(target: Series, control: Series, end: int) -> Finding:
    """Another address may lie elsewhere, so only silence on a shared way names a hop."""
    first = distance(target)
    if first is not None:
        refused = "answer" not in target.words(first)
        return Finding("unclear", reason="reset_by_server_or_box") if refused else Finding("none")
    finding = _silence(target, control, end)
    if finding is None or finding.hop_low is None or finding.hop_low == 1:
        return finding or _rest(target)
    here, there = target.addresses(), control.addresses()
    last = finding.hop_low - 1
    if here.get(last) is None or here.get(last) != there.get(last):
        return Finding("unclear", reason="other_way")
    return finding


def _rest(target: Series) -> Finding:
    if any("refused" in target.words(ttl) for ttl in target.replies):
        return Finding("unclear", reason="icmp_refusal")
    return Finding("none") if distance(target) is not None else Finding("unclear", reason="no_end")
