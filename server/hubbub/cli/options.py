"""Options that several commands share."""

import socket
from pathlib import Path
from typing import Annotated

import typer

from hubbub.server import bind

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the database and the secret are kept; HUBBUB_DATA_DIR otherwise.", show_default="./data"),
]
SiteName = Annotated[str, typer.Option("--site", help="The site's name.")]
Key = Annotated[str, typer.Option("--key", help="The page's key: usually its path.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")]

Finding = tuple[bool, str, str]  # fine?, what, what to do


class Problem(Exception):
    """A command can't go on; the message says what to do."""


def listen(host: str, port: int, *, shared: bool = False, option: str = "--port") -> socket.socket:
    """A listening socket (see server.bind); Problem, naming `option`, if the address can't be had."""
    try:
        return bind(host, port, shared=shared)[0]
    except OSError as error:
        raise Problem(f"can't listen on {host}:{port} ({error.strerror}); choose another with {option}.") from None
