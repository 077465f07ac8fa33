"""Feeds are XML whatever people write."""

from xml.etree.ElementTree import Element, fromstring, tostring

from hypothesis import given
from hypothesis import strategies as st

from hubbub.web.api.feeds import _add


@given(
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["]]>", "<!--", "&amp;", "\x00\x0b\ufffe", "😀"])
)
def test_any_text_can_be_read_again(text: str) -> None:
    feed = Element("feed")
    _add(feed, "content", text, type="html")
    told = fromstring(tostring(feed, encoding="utf-8")).findtext("content")  # made here
    allowed = [one for one in text if one in "\t\n\r" or " " <= one <= "\ufffd" or one >= "\U00010000"]
    assert (told or "").splitlines() == "".join(allowed).splitlines()
