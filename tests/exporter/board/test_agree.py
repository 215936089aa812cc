"""What is said of a network, from what its vantages say."""

import pytest

from exporter.board.agree import ratio, voices


@pytest.mark.parametrize(
    ("said", "k", "word", "agreeing", "confidence"),
    [
        pytest.param("", 1, None, 0, None, id="nobody speaks: no word, not a good one"),
        pytest.param("a:accessible b:accessible", 3, None, 0, None, id="fewer than k: nothing is said"),
        pytest.param("a:blocked", 1, "blocked", 1, "single", id="one's own vantage is a suspicion"),
        pytest.param("a:accessible b:accessible", 1, "accessible", 2, "few", id="two are not enough"),
        pytest.param("a:throttled b:throttled c:throttled", 3, "throttled", 3, "agreed", id="three agree"),
        pytest.param("a:throttled b:throttled c:accessible", 3, "throttled", 2, "divided", id="two to one"),
        pytest.param(
            "a:blocked b:blocked c:accessible d:accessible",
            3,
            "blocked",
            2,
            "divided",
            id="half counts as the worse",
        ),
        pytest.param(
            "a:blocked b:throttled c:accessible", 3, "mixed", 0, "divided", id="three words, none stands"
        ),
        pytest.param(
            "a:throttled a:accessible b:accessible c:accessible",
            3,
            "accessible",
            2,
            "divided",
            id="of one invite the worst counts, once",
        ),
        pytest.param(
            "a:blocked a:blocked a:blocked", 3, None, 0, None, id="one invite with many vantages is one voice"
        ),
    ],
)
def test_a_network_says(said, k, word, agreeing, confidence):
    heard = voices([tuple(each.split(":")) for each in said.split()], k)
    assert (heard.word, heard.agreeing, heard.confidence) == (word, agreeing, confidence)


@pytest.mark.parametrize(
    ("said", "k", "expected"),
    [
        pytest.param([("a", 0.1), ("b", 0.2), ("c", 0.9)], 3, 0.2, id="the median"),
        pytest.param(
            [("a", 0.1), ("b", 0.2), ("c", None)], 3, None, id="who has none does not count towards k"
        ),
        pytest.param([("a", 0.1), ("a", 0.2), ("a", 0.3)], 3, None, id="counted by invite"),
        pytest.param([], 1, None, id="nobody"),
    ],
)
def test_a_ratio_is_shown_where_enough_have_one(said, k, expected):
    assert ratio(said, k) == expected
