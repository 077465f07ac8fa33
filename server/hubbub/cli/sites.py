"""`hubbub site …`: sites, and the origins that may embed them."""

from enum import StrEnum
from typing import Annotated

import typer

from hubbub.cli.admin import OPERATOR, apply, call
from hubbub.cli.data import read_sites
from hubbub.cli.options import CliError, DataDir, at_terminal
from hubbub.commands.sites import ChangeSite, RemoveSite
from hubbub.domain.errors import not_found
from hubbub.domain.model import Names, Site, Theme
from hubbub.domain.votes import Votes
from hubbub.protocol.requests.sites import SiteChangeBody, SsoKeyBody
from hubbub.services.sites import DEFAULTS
from hubbub.settings import Settings
from hubbub.web.api.sessions import clean_site_name, make_change

site = typer.Typer(help="Add and change sites.", no_args_is_help=True)


class Algorithm(StrEnum):
    """What a publisher's tokens may be signed with."""

    EDDSA = "EdDSA"
    RS256 = "RS256"
    HS256 = "HS256"


Name = Annotated[str, typer.Argument(help="The site's name, as in <hubbub-thread site=…>.")]
Title = Annotated[str | None, typer.Option(help="The site's title, at the top of its pages here; empty: none.")]
Tagline = Annotated[str | None, typer.Option(help="The line below the title; empty: none.")]
Language = Annotated[str | None, typer.Option(help="The language of its pages here, such as de or zh-Hant.")]
Images = Annotated[bool | None, typer.Option("--images/--no-images", help="Allow images in comments, or not.")]
NamesOption = Annotated[Names | None, typer.Option("--names", help="Whether guests may share a name.")]
VotesOption = Annotated[Votes | None, typer.Option("--votes", help="Which votes on comments it takes.")]
ThemeOption = Annotated[Theme | None, typer.Option("--theme", help="How its pages here look.")]
Reaction = Annotated[
    list[str] | None,
    typer.Option(help="A reaction to offer, such as like=👍; those named take the place of all others."),
]
NoReactions = Annotated[bool, typer.Option("--no-reactions", help="Offer no reactions.")]


@site.command("add")
def add(
    name: Name,
    origin: Annotated[list[str], typer.Option(help="An origin that may embed it, such as https://news.example.")],
    images: Images = None,
    title: Title = None,
    tagline: Tagline = None,
    create: Annotated[bool, typer.Option("--create", help="Make a new database where there is none.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a site, or origins to one; those it has stay."""
    body = SiteChangeBody(add=origin, images=images, title=title, tagline=tagline)
    _change(Settings.load(data_dir), name, body, create=create)


@site.command("origins")
def origins(
    name: Name,
    set_: Annotated[list[str] | None, typer.Option("--set", help="These alone, instead of those it had.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="This one no longer.")] = None,
    images: Images = None,
    data_dir: DataDir = None,
) -> None:
    """Change a site's origins: --set them all, or --remove some."""
    if not set_ and not remove and images is None:
        raise CliError("say what to change: --set or --remove with an origin; see them with: hubbub site show NAME")
    _change(Settings.load(data_dir), name, SiteChangeBody(remove=remove or [], origins=set_ or None, images=images))


@site.command("change")
def change(
    name: Name,
    title: Title = None,
    tagline: Tagline = None,
    language: Language = None,
    images: Images = None,
    names: NamesOption = None,
    votes: VotesOption = None,
    theme: ThemeOption = None,
    reaction: Reaction = None,
    no_reactions: NoReactions = False,
    data_dir: DataDir = None,
) -> None:
    """Change a site's title, tagline, language and theme, whose names are, and what comments may have."""
    offered = {} if no_reactions else _reactions(reaction)
    body = SiteChangeBody(
        title=title,
        tagline=tagline,
        language=language,
        images=images,
        votes=votes,
        reactions=offered,
        names=names,
        theme=theme,
    )
    if body == SiteChangeBody():
        raise CliError(
            "say what to change: --title, --tagline, --language, --theme, --images, --names, --votes or --reaction;"
            " see: hubbub site change --help"
        )
    settings = Settings.load(data_dir)
    _apply(settings, name, body, make_change(name, body, OPERATOR))
    _show(settings, name)


@site.command("sso")
def sso(
    name: Name,
    key: Annotated[str, typer.Option(help="The key's id, which is the `kid` of the tokens signed with it.")],
    algorithm: Annotated[Algorithm, typer.Option(help="What its tokens are signed with.")] = Algorithm.EDDSA,
    file: Annotated[
        typer.FileText | None, typer.Option(help="The public key in PEM form, or the secret of HS256; - reads it.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the key away.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a key for sign-on from the publisher's own accounts, or take one away."""
    if (file is None) is not remove:
        raise CliError("say either --file with the key, or --remove")
    text = None if file is None else file.read()
    made = None if text is None else SsoKeyBody(algorithm.value, text.strip() if algorithm == Algorithm.HS256 else text)
    settings, body = Settings.load(data_dir), SiteChangeBody(sso={key: made})
    _apply(settings, name, body, make_change(name, body, OPERATOR))
    _show(settings, name)


@site.command("list")
def show_all(data_dir: DataDir = None) -> None:
    """Print each site with its origins, one site a line."""
    for one in sorted(read_sites(Settings.load(data_dir)), key=lambda one: one.name):
        typer.echo(f"{one.name}  {_origins(one)}")


@site.command("show")
def show(name: Name, data_dir: DataDir = None) -> None:
    """Print a site's origins, one a line, and its settings."""
    _show(Settings.load(data_dir), name)


def _show(settings: Settings, name: str) -> None:
    found = _find(settings, name)
    if found is None:
        raise not_found("site")
    for origin in found.origins:
        typer.echo(origin)
    typer.echo(f"images: {'yes' if found.settings.images else 'no'}")
    for field, text in (("title", found.settings.title), ("tagline", found.settings.tagline)):
        if text is not None:
            typer.echo(f"{field}: {text}")
    if found.settings.language != DEFAULTS.language:
        typer.echo(f"language: {found.settings.language}")
    if found.settings.names != DEFAULTS.names:
        typer.echo(f"names: {found.settings.names}")
    if found.settings.theme != DEFAULTS.theme:
        typer.echo(f"theme: {found.settings.theme}")
    for key, one in found.settings.sso.keys.items():
        typer.echo(f"sign-on: {key} ({one.algorithm})")
    if found.settings.votes != DEFAULTS.votes:
        typer.echo(f"votes: {found.settings.votes}")
    if found.settings.reactions != DEFAULTS.reactions:
        typer.echo(f"reactions: {' '.join(f'{name}={emoji}' for name, emoji in found.settings.reactions.items())}")


@site.command("remove")
def remove_site(name: Name, data_dir: DataDir = None) -> None:
    """Remove a site that nobody has commented on. At a terminal it says what goes, and asks."""
    command, settings = RemoveSite(clean_site_name(name), OPERATOR), Settings.load(data_dir)
    if at_terminal():
        _ask(settings, name)
    apply(settings, lambda api: call(api, "DELETE", f"/api/v1/sites/{name}"), lambda db: command)
    typer.echo(f"Site {name} is removed.")


def _ask(settings: Settings, name: str) -> None:
    """Ends the command, unless the operator says yes."""
    found = _find(settings, name)
    if found is None:
        raise not_found("site")
    typer.echo(f"With site {name} go its origins ({_origins(found)}), its settings, its staff and its empty threads.")
    typer.confirm("Remove it?", abort=True)


def _reactions(named: list[str] | None) -> dict[str, str] | None:
    if not named:
        return None
    offered = dict(one.partition("=")[::2] for one in named)
    if not all(offered.values()):
        raise CliError("name a reaction with its emoji, such as: --reaction like=👍")
    return offered


def _change(settings: Settings, name: str, body: SiteChangeBody, *, create: bool = False) -> None:
    command = make_change(name, body, OPERATOR)
    before = None if create else _find(settings, name)
    _apply(settings, name, body, command, create=create)
    now = _find(settings, name)
    assert now is not None
    if before is None:
        typer.echo(f"Site {name} may be embedded by {_origins(now)}.")
    else:
        typer.echo(f"Site {name} was: {_origins(before)}; now: {_origins(now)}.")


def _apply(settings: Settings, name: str, body: SiteChangeBody, command: ChangeSite, *, create: bool = False) -> None:
    path = f"/api/v1/sites/{name}"
    apply(settings, lambda api: call(api, "PATCH", path, body), lambda db: command, create=create)


def _find(settings: Settings, name: str) -> Site | None:
    return next((one for one in read_sites(settings) if one.name == name), None)


def _origins(one: Site) -> str:
    return f"{', '.join(one.origins) or 'nobody'}{' (with images)' if one.settings.images else ''}"
