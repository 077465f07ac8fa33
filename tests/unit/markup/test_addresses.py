"""Where a bare address begins and ends, beside the signs and the letters of any script."""

import pytest

from hubbub.markup import MarkupError, render
from tests.support.safe_html import judge


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://h.example/pkg/__init__.py", "https://h.example/pkg/__init__.py"),
        ("https://h.example/a_b_c and more", "https://h.example/a_b_c"),
        ("https://h.example/*x*", "https://h.example/*x"),
        ("https://h.example/~ann/~~x~~/y", "https://h.example/~ann/~~x~~/y"),
        ("see https://h.example/__a__b.", "https://h.example/__a__b"),
        ("(https://h.example/a_(b_c)_d)", "https://h.example/a_(b_c)_d"),
        ("https://h.example/?a[]=1&b[]=_2_x", "https://h.example/?a[]=1&b[]=_2_x"),
        ("[see https://h.example/a_b]_c", "https://h.example/a_b"),
        ("https://h.example/?a_b=1&amp;c_d=2", "https://h.example/?a_b=1&c_d=2"),
        ("https://h.example/?q=a&hl;", "https://h.example/?q=a"),
        ("https://h.example/a&gt;_b_", "https://h.example/a"),
        ("https://h.example/a_b#12", "https://h.example/a_b#12"),
        ("https://h.example/a\\_b", "https://h.example/a_b"),
        ("http://[2001:db8::1]:8080/a_b", "http://[2001:db8::1]:8080/a_b"),
        ("_https://h.example/a_b_", "https://h.example/a_b"),
    ],
)
def test_an_address_is_whole_whatever_signs_it_has(text: str, address: str) -> None:
    judged = judge(render(text))
    assert judged.links == [address]
    assert address in judged.text
    assert judged.faults == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*https://h.example/a* b*", "<em>{}</em> b*"),
        ("**https://h.example/a**, b", "<strong>{}</strong>, b"),
        ("~~https://h.example/a~~", "<del>{}</del>"),
        ("https://h.example/a *and* _more_", "{} <em>and</em> <em>more</em>"),
        ("**https://h.example/a**很好", "<strong>{}</strong>很好"),
    ],
)
def test_marks_around_an_address_keep_their_meaning(text: str, html: str) -> None:
    shown = render(text).replace(' rel="nofollow ugc noopener noreferrer"', "")
    link = '<a href="https://h.example/a">https://h.example/a</a>'
    assert shown == f"<p>{html.format(link)}</p>"


def test_signs_of_addresses_stay_in_links_and_code() -> None:
    judged = judge(render("[https://h.example/__a__](https://i.example/__b__) `https://j.example/_c_`"))
    assert judged.links == ["https://i.example/__b__"]
    assert judged.text == "https://h.example/__a__ https://j.example/_c_"
    assert judge(render("[a](#12)_word_")).text == "aword"
    assert judge(render("<https://h.example/__a__>")).links == ["https://h.example/__a__"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("请看https://example.org/a，很好", "https://example.org/a"),
        ("请看 https://example.org/a，很好。", "https://example.org/a"),
        ("请看https://example.org/a很好", "https://example.org/a"),
        ("https://example.org很好", "https://example.org"),
        ("“https://example.org/a”很好", "https://example.org/a"),
        ("（https://example.org/a）", "https://example.org/a"),
        ("https://example.org/a——好", "https://example.org/a"),
        ("「https://example.org/a」です", "https://example.org/a"),
        ("詳しくはhttps://example.org/a。", "https://example.org/a"),
        ("여기 https://example.org/a를 보세요", "https://example.org/a"),
        ("https://example.org입니다", "https://example.org"),
        ("ดูhttps://example.org/aนะ", "https://example.org/a"),
        ("https://example.org/a، وهو", "https://example.org/a"),
        ("انظر https://example.org/a؟", "https://example.org/a"),
        ("ראו בhttps://example.org/a", "https://example.org/a"),
        ("देखिए https://example.org/a।", "https://example.org/a"),
        ("\u200ehttps://example.org/a\u200e", "https://example.org/a"),
    ],
)
def test_an_address_ends_where_text_of_any_script_runs_on(text: str, address: str) -> None:
    judged = judge(render(text))
    assert judged.links == [address]
    assert judged.text == text


@pytest.mark.parametrize(
    "address",
    [
        "https://ja.wikipedia.org/wiki/日本",
        "https://zh.wikipedia.org/wiki/C语言",
        "https://ko.wikipedia.org/wiki/대한민국",
        "https://th.wikipedia.org/wiki/ภาษาไทย",
        "https://fa.wikipedia.org/wiki/می\u200cخواهم",
        "https://he.wikipedia.org/wiki/עברית",
        "https://例子.中国/路",
        "https://abc日本.example/x",
        "https://bücher.example/ä_ö_ü",
    ],
)
def test_an_address_may_be_written_in_any_script(address: str) -> None:
    for text in (address, f"看 {address} 看", f"*{address}*"):
        assert judge(render(text)).links == [address]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**「重要」**です", "<strong>「重要」</strong>です"),
        ("これは**「重要」**です", "これは<strong>「重要」</strong>です"),
        ("**重要。**次", "<strong>重要。</strong>次"),
        ("は**(重要)**で", "は<strong>(重要)</strong>で"),
        ("~~「済」~~です", "<del>「済」</del>です"),
        ("は*「重」*と**「要」**で", "は<em>「重」</em>と<strong>「要」</strong>で"),
        ("**重要**。**次**は", "<strong>重要</strong>。<strong>次</strong>は"),
        ("は\\**で", "は**で"),
        ("3*（4）*5", "3*（4）*5"),
        ("**「重要」 **です", "**「重要」 **です"),
    ],
)
def test_marks_work_beside_punctuation_in_scripts_without_blanks(text: str, html: str) -> None:
    assert render(text) == f"<p>{html}</p>"


def test_a_link_may_lead_to_an_ipv6_address() -> None:
    assert judge(render("[a](http://[2001:db8::1]/)")).links == ["http://[2001:db8::1]/"]
    assert judge(render("![a](https://[::1]/b.png)", images=True), images=True).images == ["https://[::1]/b.png"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("https://u@a.example", r"cannot hold a user name before the host"),
        ("http://", r"have to name a host"),
        ("https://a.example:99999", r"have to name a host .*, and a port up to 65535"),
        ("http://[zz]/", r"have to name a host"),
        ("https://a b", r"cannot hold a space \(U\+0020\)"),
        ("https://a.example/\u202egpj.exe", r"cannot hold an invisible character \(U\+202E\)"),
        ("/a", r"have to start with https://"),
    ],
)
def test_a_refused_link_says_what_is_wrong_with_it(target: str, reason: str) -> None:
    with pytest.raises(MarkupError, match=f"^Links {reason}"):
        render(f"[a](<{target}>)")
