"""A small newspaper to try things out with: articles and comments of our own writing, in articles/*.toml."""

from hubbub.demo.install import install, spread

__all__ = ["install", "spread"]
