"""What each piece of markup becomes, and what is refused."""

import pytest

from hubbub.markup import MarkupError, render, render_article
from tests.support.safe_html import LINK_REL, judge


def link(address: str, text: str | None = None) -> str:
    return f'<a href="{address}" rel="{LINK_REL}">{address if text is None else text}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("**bold** and *italic*", "<p><strong>bold</strong> and <em>italic</em></p>"),
        ("~~gone~~", "<p><del>gone</del></p>"),
        ("<u>under</u> <small>low</small> <big>high</big>", "<p><u>under</u> <small>low</small> <big>high</big></p>"),
        ("<b>x</b><i>y</i><s>z</s>", "<p><strong>x</strong><em>y</em><s>z</s></p>"),
        ("<em>x</em><strong>y</strong><code>z</code>", "<p><em>x</em><strong>y</strong><code>z</code></p>"),
        ("<U>x</U >", "<p><u>x</u></p>"),
        ("`a<b>`", "<p><code>a&lt;b&gt;</code></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n> b", "<blockquote><p>a<br>b</p></blockquote>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("a  \nb", "<p>a<br>b</p>"),
        ("a<br>b<br/>c", "<p>a<br>b<br>c</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("```py\nif a < b:\n    c\n```", "<pre><code>if a &lt; b:\n    c\n</code></pre>"),
        ("# Head\n\n### Deep", "<p><strong>Head</strong></p><p><strong>Deep</strong></p>"),
        ("a\n\n---\n\nb", "<p>a</p><p>* * *</p><p>b</p>"),
        ("|a|\n|-|\n|b|", "<p>|a|<br>|-|<br>|b|</p>"),
        ("a & b &amp; c &copy;", "<p>a &amp; b &amp; c ©</p>"),
        ("1 < 2 > 1", "<p>1 &lt; 2 &gt; 1</p>"),
        ('say "hi"', '<p>say "hi"</p>'),
        ("&amp;lt; &amp;amp;", "<p>&amp;lt; &amp;amp;</p>"),
        ("a\0b\ufdd0c", "<p>a\ufffdb\ufffdc</p>"),
    ],
)
def test_markup(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <T> b", "<p>a &lt;T&gt; b</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("x <!-- y --> z", "<p>x &lt;!-- y --&gt; z</p>"),
        ("<div>\na <u>b</u>\n\n**c**", "<p>&lt;div&gt;<br>a <u>b</u></p><p><strong>c</strong></p>"),
        ('<u class="x">y</u>', '<p>&lt;u class="x"&gt;y&lt;/u&gt;</p>'),
        ('<a href="https://a.example">y</a>', '<p>&lt;a href="https://a.example"&gt;y&lt;/a&gt;</p>'),
    ],
)
def test_other_tags_are_shown_as_typed(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<u>a", "<p><u>a</u></p>"),
        ("<u>a\n\nb", "<p><u>a</u></p><p>b</p>"),
        ("a</u></p></div>", "<p>a&lt;/u&gt;&lt;/p&gt;&lt;/div&gt;</p>"),
        ("<b><i>a</b>b</i>", "<p><strong><em>a</em></strong>b&lt;/i&gt;</p>"),
        ("<u>*a</u>b*", "<p><u><em>a&lt;/u&gt;b</em></u></p>"),
        ("*<u>a*</u>", "<p><em><u>a</u></em>&lt;/u&gt;</p>"),
        ("- <u>a\n  - b", "<ul><li><u>a</u><ul><li>b</li></ul></li></ul>"),
        ("- <u>a\n  ***\n  b", "<ul><li><u>a</u><p>* * *</p>b</li></ul>"),
        ("<u>\na\n</u>b\n<small>c", "<p><u><br>a<br></u>b<br><small>c</small></p>"),
    ],
)
def test_typed_tags_close_where_they_stand(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[a](https://a.example/?b=c&d#e)", link("https://a.example/?b=c&amp;d#e", "a")),
        ("[a](HTTP://a.example)", link("HTTP://a.example", "a")),
        ("[a](https://a.example 'title')", link("https://a.example", "a") + " (title)"),
        ("[a](mailto:a@b.example?subject=x)", link("mailto:a@b.example?subject=x", "a")),
        ("<a@b.example>", link("mailto:a@b.example", "a@b.example")),
        ("<https://a.example>", link("https://a.example")),
        ("[a](#12)", link("#12", "a")),
        ("[a][x]\n\n[x]: https://a.example", link("https://a.example", "a")),
        ("[](https://a.example)", link("https://a.example")),
        ("[\u200b](https://a.example)", link("https://a.example", "\u200bhttps://a.example")),
        ("[https://b.example](https://a.example)", link("https://a.example", "https://b.example")),
        ("![cat](http://a.example/c.png)", link("http://a.example/c.png", "cat")),
        ("![](https://a.example/c.png)", link("https://a.example/c.png")),
        (
            "[![*cat* `x`\ny <u>z</u>](https://a.example/c.png)](https://b.example)",
            link("https://b.example", "cat x y z"),
        ),
    ],
)
def test_links(text: str, html: str) -> None:
    assert render(text) == f"<p>{html}</p>"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/b.", "https://a.example/b"),
        ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
        ("https://a.example/b?c=d&e=f, g", "https://a.example/b?c=d&e=f"),
        ("“https://a.example/b”", "https://a.example/b"),
        ("https://a.example/日本", "https://a.example/日本"),
        ("**http://a.example:80**", "http://a.example:80"),
        ("<u>http://a.example</u>", "http://a.example"),
        ("<div>http://a.example", "http://a.example"),
        ("```\nhttp://b.example\n```\nhttp://a.example", "http://a.example"),
    ],
)
def test_bare_addresses_become_links(text: str, address: str) -> None:
    assert judge(render(text)).links == [address]


def test_a_bare_address_after_a_link() -> None:
    assert judge(render("[a](#1) https://a.example")).links == ["#1", "https://a.example"]


@pytest.mark.parametrize(
    "text",
    [
        "`https://a.example`",
        "    https://a.example",
        "xhttps://a.example",
        "https://",
        "https://user@a.example",
        "https://user:pw@a.example/",
        "ftp://a.example",
        "javascript://a.example",
        "prose that mentions javascript: or data:text/html",
        "https://a.example/" + "x" * 2_000,
    ],
)
def test_what_stays_prose(text: str) -> None:
    assert judge(render(text)).links == []


@pytest.mark.parametrize(
    "target",
    ["/a", "a", "../a", "?a", "#a", "#", "#12a", "//a.example", "", "ftp://a.example", "tel:1", "http:a", "https:///a",
     "http://", "https://u@a.example", "https://u:p@a.example", "mailto:", "mailto:a", "https://a b", "https://a\\b",
     "https://a.example/" + "x" * 2_000, "https://a.example/\u202egpj.exe"],
)  # fmt: skip
def test_refused_targets(target: str) -> None:
    with pytest.raises(
        MarkupError, match=r"^(Links|This link) .*\. Please (change “.*”|shorten it to .* characters)\.$"
    ):
        render(f"[a](<{target}>)")


def test_the_message_shows_the_start_of_the_address_without_controls() -> None:
    with pytest.raises(MarkupError) as caught:
        render(f"[a](<java\tscript:{'x' * 100}>)")
    assert caught.value.message == str(caught.value)
    assert "“javascript:" + "x" * 49 + "…”" in str(caught.value)


def test_images_only_where_allowed_and_only_https() -> None:
    html = render('![a "cat"](https://a.example/c.png)', images=True)
    assert judge(html, images=True).images == ["https://a.example/c.png"]
    assert 'alt="a &quot;cat&quot;"' in html
    assert 'loading="lazy"' in html
    assert 'referrerpolicy="no-referrer"' in html
    for target in ("http://a.example/c.png", "/c.png", "data:image/png;base64,AA", "#1", "https://"):
        with pytest.raises(MarkupError, match=r"^Images have to start with https://\."):
            render(f"![a]({target})", images=True)


def test_an_image_in_the_text_of_an_image_is_checked_and_not_shown() -> None:
    text = "![a ![b](https://b.example/b.png) [c](https://c.example)](https://a.example/a.png)"
    assert judge(render(text, images=True), images=True).images == ["https://a.example/a.png"]
    for inner in ("![b](javascript:1)", "[b](javascript:1)"):
        with pytest.raises(MarkupError):
            render(f"![a {inner}](https://a.example/a.png)", images=True)


@pytest.mark.parametrize("text", ["", " \n\t", "<br>", "&nbsp;", "\u200b", "\u3164", "<u></u>", "-", "> "])
def test_nothing_to_see_is_refused(text: str) -> None:
    with pytest.raises(MarkupError, match="nothing to see"):
        render(text)


@pytest.mark.parametrize(
    "entity", ["&#x202e;", "&#8238;", "&#1;", "&#xE0041;", "&#x301;" * 9, "&tdot;" * 9, "&#xFDD0;"]
)
def test_a_refused_character_is_refused_as_an_entity(entity: str) -> None:
    for text in (f"a{entity}b", f"![a{entity}b](https://a.example/c.png)", f"- *a{entity}*"):
        with pytest.raises(MarkupError, match=r"^The text (holds|stacks)"):
            render(text, images=True)


def test_harmless_entities_pass() -> None:
    assert render("&#39;&#x1F600;&#233;") == "<p>'😀é</p>"


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(MarkupError, match="damaged"):
        render("a\ud800")


def test_a_dozen_levels_in_a_line_and_the_rest_is_text() -> None:
    html = render(">" * 20 + " a")
    assert html == "<blockquote>" * 12 + "<p>&gt;&gt;&gt;&gt;&gt;&gt;&gt;&gt; a</p>" + "</blockquote>" * 12
    assert judge(render("- " * 20 + "a")).text == "- " * 8 + "a"
    assert render("1) " * 20).count("<ol>") == 12


def test_the_cut_leaves_dividers_and_code_alone() -> None:
    assert render("- " * 40) == "<p>* * *</p>"
    assert render("```\n" + ">" * 40 + "\n```") == f"<pre><code>{'&gt;' * 40}\n</code></pre>"


def test_depth_by_indentation_is_bounded() -> None:
    levels = ["  " * depth + "- a" for depth in range(17)]
    assert render("\n".join(levels[:16])).count("<ul>") == 16
    with pytest.raises(MarkupError, match="16 deep"):
        render("\n".join(levels))


def test_inline_depth_is_bounded() -> None:
    html = render("*a **a " * 40 + "b" + " a** a*" * 40)
    assert judge(html).faults == []
    assert html.count("<em>") + html.count("<strong>") == 16
    deep = judge(render("<u>" * 20 + "a" + "</u>" * 20))
    assert deep.faults == []
    assert deep.text == "<u>" * 4 + "a" + "</u>" * 4


@pytest.mark.parametrize(
    "text",
    [
        "a\n" * 5_000,
        "<u>" * 3_000,
        "<br>\n" * 2_000,
        "- a\n" * 2_000,
        "[a](https://a.example)" * 201,
        "https://a.example " * 201,
        "![a](https://a.example)" * 201,
        f"[x]: https://a.example/{'x' * 1900}\n\n" + "[x]" * 100,
        "*a* &#233; " * 600,
    ],
)
def test_too_much_is_refused(text: str) -> None:
    with pytest.raises(MarkupError, match=r"^This text has too (much formatting|many links)\. Please"):
        render(text)


def test_a_long_ordinary_comment_passes() -> None:
    paragraph = (
        "Some **bold** words, *others* in [a link](https://a.example/b) and `code` – all in a longer sentence.\n\n"
    )
    quote = "> quoted by someone who says more than this\n\n- and one point\n- and another one\n\n"
    assert judge(render(((paragraph + quote) * 60)[:10_000])).faults == []


class TestArticle:
    def test_headings_rules_and_wrapped_lines(self) -> None:
        html = render_article("# A\n\n## B\n\n### C\n\n###### D\n\n***\n\na\nb")
        assert html == "<h2>A</h2><h2>B</h2><h3>C</h3><h3>D</h3><hr><p>a\nb</p>"

    @pytest.mark.parametrize(
        "target", ["/a", "a/b:c", "../a?b:c", "#part", "?a", "https://a.example", "mailto:a@b.example"]
    )
    def test_relative_links(self, target: str) -> None:
        assert render_article(f"[x]({target})") == f'<p><a href="{target}" rel="noopener noreferrer">x</a></p>'

    @pytest.mark.parametrize(
        "target", ["javascript:a/b", "JAVA&#115;CRIPT:1", "data:,x", "//a.example", "", "a:b", "/a\\b"]
    )
    def test_refused_links(self, target: str) -> None:
        with pytest.raises(MarkupError):
            render_article(f"[x](<{target}>)")

    def test_images_are_https(self) -> None:
        assert '<img src="https://a.example/b.png" alt="x"' in render_article("![x](https://a.example/b.png)")
        with pytest.raises(MarkupError, match="Images"):
            render_article("![x](/b.png)")

    def test_a_long_article_passes(self) -> None:
        html = render_article("A paragraph with **words** in it.\n\n" * 1_700)
        assert html.count("<p>") == 1_700
