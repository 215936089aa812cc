"""HTML from functions: what is not markup already is escaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.ui.markup import Markup, joined, tag


@pytest.mark.parametrize(
    ("made", "html"),
    [
        (tag("p", "a < b & c"), "<p>a &lt; b &amp; c</p>"),
        (tag("p", tag("b", "x"), " y"), "<p><b>x</b> y</p>"),
        (tag("p", [tag("i"), None, 3]), "<p><i></i>3</p>"),
        (tag("a", href='"><script>'), '<a href="&quot;&gt;&lt;script&gt;"></a>'),
        (tag("input", checked=True, required=False, value=None), "<input checked>"),
        (tag("label", for_="x", aria_label="y"), '<label for="x" aria-label="y"></label>'),
        (tag("input", name="n"), '<input name="n">'),
        (joined("a\u202eb\x00", tag("br")), "a\ufffdb\ufffd<br>"),
    ],
    ids=[
        "text",
        "markup inside markup",
        "lists and nothing",
        "attributes",
        "attributes without a value",
        "names that Python keeps for itself",
        "an attribute called name",
        "characters that nobody sees",
    ],
)
def test_it_is_written_so(made: Markup, html: str) -> None:
    assert made == html


@given(st.text())
def test_no_text_becomes_a_tag_or_leaves_its_attribute(words: str) -> None:
    made = tag("p", words, title=words)
    assert made.count("<") == 2
    assert made.count('"') == 2
