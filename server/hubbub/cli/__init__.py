"""The `hubbub` command."""

from hubbub.cli.main import main

__all__ = ["main"]
