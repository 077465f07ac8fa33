"""Options that several commands share."""

import socket
from pathlib import Path
from typing import Annotated

import typer

from hubbub.server import bind

DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Where the database and the secret are kept; HUBBUB_DATA_DIR otherwise.",
        show_default="./data",
        readable=False,  # not for typer to check: whoever uses it says more
    ),
]
SiteName = Annotated[str, typer.Option("--site", help="The site's name.")]
Key = Annotated[str, typer.Option("--key", help="The page's key: usually its path.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.", min=0, max=65535)]

Finding = tuple[bool, str, str]  # fine?, what, what to do


class Problem(Exception):
    """A command can't go on; the message says what to do."""


def listen(host: str, port: int, *, shared: bool = False, option: str = "--port") -> socket.socket:
    """A listening socket (see server.bind); Problem, naming `option`, if the address can't be had."""
    try:
        return bind(host, port, shared=shared)[0]
    except (OSError, UnicodeError) as error:  # the second for a name that can be none
        said = error.strerror if isinstance(error, OSError) else error
        raise Problem(f"can't listen on {host}:{port} ({said}); choose another with {option}, or --host.") from None


def inherited(descriptor: int) -> socket.socket:
    """The listening socket that another program opened for this one; Problem if there is none."""
    try:
        found = socket.socket(fileno=descriptor)
    except OSError as error:
        raise Problem(f"--fd {descriptor} is no listening socket ({error.strerror}).") from None
    return found
