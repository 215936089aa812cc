"""A platform has the worst verdict of its endpoints (DESIGN section 6)."""

from collections.abc import Mapping

from measurements.rules.judgement import Judgement
from measurements.verdicts import WORST_FIRST


def worst(judged: Mapping[str, Judgement]) -> Judgement:
    """The worst of at least one judgement; those that say nothing count only where all others do so too."""
    every = list(judged.values())
    counted = [each for each in every if each.counts] or every
    speaking = [each for each in counted if each.rule != "no-evidence"] or counted
    return min(speaking, key=lambda each: WORST_FIRST.index(each.verdict))
