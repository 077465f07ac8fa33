"""Renders a reader's text into safe HTML: a linear-time CommonMark engine, a writer that escapes, a sanitizer (nh3)."""

from hubbub.markup.errors import MarkupError
from hubbub.markup.render import render, render_article

__all__ = ["MarkupError", "render", "render_article"]
