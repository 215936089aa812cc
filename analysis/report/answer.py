"""The answer in sentences. Nothing here, or in the catalogues, says who caused what, or why (DESIGN section 2)."""

from collections import Counter

from analysis.correlate.types import Association
from analysis.report.model import PUBLIC_VANTAGES, Cell, Facts
from analysis.report.texts import Texts
from measurements.owners import owners


def name_of(cell: Cell, t: Texts) -> str:
    """Platform and provider."""
    provider = cell.group or (f"AS{cell.asn}" if cell.asn is not None else t("provider_unknown"))
    return f"{cell.platform}, {provider}"


def answer(facts: Facts, t: Texts) -> list[str]:
    """Sentences, the main one first."""
    sentences = _of_schedule(facts, t) if facts.schedule else _of_changes(facts, t)
    if facts.hidden:
        sentences.append(t("answer_hidden", n=facts.hidden, k=PUBLIC_VANTAGES))
    if not facts.private and not facts.published:
        sentences.append(t("answer_points", k=PUBLIC_VANTAGES))
    if facts.published:
        sentences.append(t("answer_published"))
    return sentences


def _of_changes(facts: Facts, t: Texts) -> list[str]:
    number = sum(len(cell.changes) for cell in facts.cells)
    return [t("answer_changes", n=number, cells=len(facts.cells))]


def _of_schedule(facts: Facts, t: Texts) -> list[str]:
    answered = [(cell, cell.line) for cell in facts.cells if cell.line is not None]
    counts = Counter(line.verdict for _, line in answered)
    tested = sum(line.q_value is not None for _, line in answered)
    found = [(cell, line) for cell, line in answered if line.verdict == "associated"]
    if found:
        sentences = [t("answer_associated", n=len(found), tested=tested)]
        sentences += [_found(cell, line, t) for cell, line in found]
        sentences.append(t("answer_owners", n=len({_owner(cell) for cell, _ in found})))
    elif tested:
        sentences = [t("answer_none", tested=tested, excluded=counts["not_associated"])]
    else:
        sentences = [t("answer_not_shown" if facts.hidden else "answer_untested")]
    if counts["continuous"]:
        sentences.append(t("answer_continuous", n=counts["continuous"]))
    unknown = counts["not_identifiable"] + counts["insufficient"]
    if unknown:
        sentences.append(t("answer_unknown", n=unknown))
    return sentences


def _owner(cell: Cell) -> str:
    return cell.group or owners().get(cell.asn or 0) or f"AS{cell.asn}"


def _found(cell: Cell, line: Association, t: Texts) -> str:
    name, q_value = name_of(cell, t), t.number(line.q_value, 4)
    if line.effect is None:
        return t("cell_onset", name=name, q=q_value)
    return t(
        f"cell_{line.outcome}",
        name=name,
        effect=t.number(line.effect),
        low=t.number(line.effect_low),
        high=t.number(line.effect_high),
        events=line.events,
        q=q_value,
    )
