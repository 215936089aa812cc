"""Every answer of every check has one sentence, and no sentence is left over."""

import re
from pathlib import Path
from typing import get_args

from efir.doctor_text import texts, titles
from vantage import doctor


def test_each_code_in_the_checks_has_a_sentence_and_the_other_way_round() -> None:
    source = Path(doctor.__file__).read_text("utf-8")
    levels = get_args(doctor.Level)
    after_a_level = rf'"(?:{"|".join(levels)})",\s*"(\w+)"'
    codes = set(re.findall(after_a_level, source)) - set(levels) | {"late", "prompt"}
    assert {code for _, code in texts()} == codes
    assert {check for check, _ in texts()} == set(titles()) == set(doctor.CHECKS)
