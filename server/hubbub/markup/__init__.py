"""Reader's text to safe HTML: a linear-time CommonMark engine, a writer that escapes, and nh3 as the last word."""

from hubbub.markup.errors import MarkupError
from hubbub.markup.render import render, render_article

__all__ = ["MarkupError", "render", "render_article"]
