"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the database and the secret are kept; HUBBUB_DATA_DIR otherwise.", show_default="./data"),
]
SiteName = Annotated[str, typer.Option("--site", help="The site's name.")]
Key = Annotated[str, typer.Option("--key", help="The page's key: usually its path.")]


class Problem(Exception):
    """A command can't go on; the message says what to do."""
