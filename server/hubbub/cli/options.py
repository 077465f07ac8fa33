"""Options that several commands share."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import httpx
import typer

from hubbub.server import bind, bind_unix

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
Uds = Annotated[Path | None, typer.Option("--uds", help="Listen on this Unix socket instead of a port.")]

Finding = tuple[bool, str, str]  # fine?, what, what to do


class CliError(Exception):
    """A command cannot go on. The message says what to do."""


def at_terminal() -> bool:
    """Whether somebody can be asked; a script is not."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def listen(host: str, port: int, *, shared: bool = False, option: str = "--port") -> socket.socket:
    """A listening socket (see server.bind). CliError, which names `option`, if the address is not available."""
    try:
        return bind(host, port, shared=shared)[0]
    except (OSError, UnicodeError) as error:  # the second for a name that can be none
        said = error.strerror if isinstance(error, OSError) else error
        raise CliError(f"can't listen on {host}:{port} ({said}); choose another with {option}, or --host.") from None


@contextmanager
def listening(host: str, port: int, uds: Path | None) -> Iterator[socket.socket]:
    """A listening socket while the body runs: a Unix socket at `uds` if given, which is removed afterwards."""
    if uds is None:
        with listen(host, port) as listener:
            yield listener
        return
    try:
        listener, own = bind_unix(uds), uds.stat()
    except OSError as error:
        raise CliError(f"can't listen on {uds} ({error.strerror or error}); choose another with --uds.") from None
    try:
        with listener:
            yield listener
    finally:
        if uds.exists() and os.path.samestat(uds.stat(), own):  # or another process listens there by now
            uds.unlink()


def client_of(url: str, *, timeout: float = 5, **headers: str) -> httpx.Client:
    """A client of the server at `url` on this machine (see server.url_of)."""
    unix = url.removeprefix("unix:") if url.startswith("unix:") else None
    transport = None if unix is None else httpx.HTTPTransport(uds=unix)
    base = url if unix is None else "http://localhost"
    return httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=timeout, transport=transport)


def reached(listener: socket.socket, public_url: str | None) -> list[str]:
    """Lines for the greeting: the address for readers, or how to set it."""
    if public_url is not None:
        return [f"  readers      {public_url}/"]
    if listener.family != socket.AF_UNIX and ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback:
        return []
    return ["  for others   set HUBBUB_PUBLIC_URL to the address that they use; under any other its pages are refused"]


def inherited(descriptor: int) -> socket.socket:
    """The listening socket that another program passed to this one; CliError if there is none."""
    try:
        found = socket.socket(fileno=descriptor)
    except OSError as error:
        raise CliError(f"--fd {descriptor} is no listening socket ({error.strerror}).") from None
    return found
