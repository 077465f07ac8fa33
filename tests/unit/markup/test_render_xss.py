"""Nothing that runs comes out, whatever goes in; and each of the two barriers holds without the other."""

from html import unescape

import pytest

from hubbub.domain.text import TextError, clean_body, clean_name, clean_website
from hubbub.markup import MarkupError, render, render_article, sanitizer
from tests.support.safe_html import judge
from tests.support.xss import BODIES, LINES, WEBSITES


def shown(text: str, *, images: bool = False) -> str:
    """The HTML of a comment, or "" when it is refused."""
    try:
        return render(clean_body(text), images=images)
    except (TextError, MarkupError):
        return ""


def article(text: str) -> str:
    """The HTML of an article, or "" when it is refused."""
    try:
        return render_article(clean_body(text, 60_000))
    except (TextError, MarkupError):
        return ""


@pytest.mark.parametrize("text", BODIES)
def test_bodies_are_refused_or_harmless(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a comment, with images or without, and in an article; and where one of the two barriers stands alone."""
    faults = {
        "a comment": judge(shown(text)).faults,
        "a comment with images": judge(shown(text, images=True), images=True).faults,
        "an article": judge(article(text), article=True).faults,
        "the sanitizer alone": judge(sanitizer.clean_comment(text)).faults,
    }
    monkeypatch.setattr(sanitizer, "clean_comment", lambda html: html)
    writer = judge(shown(text)).faults
    faults["the writer alone"] = [fault for fault in writer if not fault.startswith("rel ")]  # the sanitizer's to add
    assert {where: found for where, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "target", ["/a", "a", "#a", "#1a", "?a", "//a.example", "javascript:1", " javascript:1", "data:,x"]
)
def test_the_sanitizer_alone_keeps_no_other_target(target: str) -> None:
    assert judge(sanitizer.clean_comment(f'<a href="{target}">a</a>')).links == []
    assert judge(sanitizer.clean_comment_with_images(f'<img src="{target}">'), images=True).images == [""]


@pytest.mark.parametrize("scheme", ["javascript", "JavaScript", "vbscript", "data"])
@pytest.mark.parametrize("disguise", ["{}:x", "{}&colon;x", " {}:x", "&#1;{}:x", "&#x200b;{}:x"])
@pytest.mark.parametrize(
    "form", ["[a](<{}>)", "[a][r]\n\n[r]: <{}>", '<a href="{}">a</a>', "a <a title='' href='{}'>b</a>"]
)
def test_script_links_are_refused_not_dropped(form: str, disguise: str, scheme: str) -> None:
    with pytest.raises(MarkupError, match=r"^Links "):
        render(form.format(disguise.format(scheme)))


@pytest.mark.parametrize(
    "target", ["java&#9;script:x", "java&Tab;script:x", "java&NewLine;script:x", "&#x6a;avascript:x"]
)
def test_broken_up_script_links_are_refused(target: str) -> None:
    for text in (f"[a]({target})", f"<a href={target}>a</a>", f"<div>\n<a href='{target}'>\n</div>", f"![a]({target})"):
        with pytest.raises(MarkupError, match=r"^Links "):
            render(text)


def test_script_autolinks_are_refused() -> None:
    with pytest.raises(MarkupError, match=r"^Links "):
        render("<javascript:alert(1)>")


@pytest.mark.parametrize("line", LINES)
def test_names_are_refused_or_without_script_addresses(line: str) -> None:
    try:
        kept = clean_name(line)
    except TextError:
        return
    assert "script:" not in unescape(kept).lower()
    assert "data:" not in unescape(kept).lower()


@pytest.mark.parametrize("form", ["{}", "[x]({})", "a {} b", "<a href={}>"])
@pytest.mark.parametrize(
    "address",
    ["javascript:1", "JavaScript:1", "java\tscript:1", "java&#9;script:1", "javascript&colon;1", "data:text/html,x"],
)
def test_names_with_script_addresses_are_refused(address: str, form: str) -> None:
    with pytest.raises(TextError, match="plain name"):
        clean_name(form.format(address))


@pytest.mark.parametrize("website", WEBSITES)
def test_websites_are_refused_or_plain(website: str) -> None:
    try:
        kept = clean_website(website)
    except TextError:
        return
    assert kept is not None
    assert kept.startswith(("https://", "http://"))
    assert not set(kept) & set(" \t\n\"'<>`\\")
