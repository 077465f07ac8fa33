"""`hubbub token`, `hubbub link` and `hubbub staff …`: who moderates a site, and whose tokens are good."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from hubbub.cli.admin import apply, call
from hubbub.cli.data import read_database, read_sites
from hubbub.cli.options import CliError, DataDir, SiteName
from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.domain.actor import Actor
from hubbub.domain.model import Member, Role
from hubbub.domain.permissions import STAFF
from hubbub.services.identity import Identity, actor_of, staff_name
from hubbub.settings import Settings
from hubbub.storage.people import all_members, find_member

staff = typer.Typer(help="See and revoke who moderates a site.", no_args_is_help=True)
StaffRole = Annotated[Role, typer.Option(help="moderator or owner.")]
StaffName = Annotated[str | None, typer.Option(help="The name shown beside what they do.")]


def token(site_name: SiteName, role: StaffRole, name: StaffName = None, data_dir: DataDir = None) -> None:
    """Print a bearer token for a site's moderator or owner, and nothing else."""
    settings = Settings.load(data_dir)
    actor = _member(settings, site_name, role, name)
    typer.echo(Identity(settings.secret()).issue(actor))


def link(
    page: Annotated[str, typer.Argument(help="The address of a page with the site's comments.")],
    site_name: SiteName,
    role: StaffRole = Role.MODERATOR,
    name: StaffName = None,
    data_dir: DataDir = None,
) -> None:
    """Print a link that signs a moderator in on a page of the site: once, within 12 hours."""
    settings = Settings.load(data_dir)
    actor = _member(settings, site_name, role, name)
    code = Identity(settings.secret()).make_code(actor)
    typer.echo(f"{page.partition('#')[0]}#hubbub-claim={code}")


@staff.command("list")
def show_all(site_name: SiteName, data_dir: DataDir = None) -> None:
    """Print the site's staff, one a line."""
    settings = Settings.load(data_dir)
    _check_site(settings, site_name)
    members = [one for one in read_database(settings, all_members) if one.site == site_name]
    for one in sorted(members, key=lambda one: (one.name, one.role)):
        typer.echo(f"{one.name}  {one.role}{f'  (revoked {one.version - 1} times)' if one.version > 1 else ''}")


@staff.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="The name that the tokens were made for.")],
    site_name: SiteName,
    data_dir: DataDir = None,
) -> None:
    """Revoke all tokens and links that were made for a name. `hubbub token` makes new ones."""
    settings = Settings.load(data_dir)
    _check_site(settings, site_name)
    clean = staff_name(Role.MODERATOR, name)
    path, command = f"/api/v1/sites/{site_name}/staff", RevokeMember(site_name, clean)
    apply(settings, lambda api: call(api, "DELETE", path, {"name": clean}), lambda db: command)
    typer.echo(f"All tokens of {clean} for {site_name} are revoked.")


def _member(settings: Settings, site_name: str, role: Role, name: str | None) -> Actor:
    """Who a token is made for: a member, made now if there is none of this name and role."""
    if role not in STAFF:
        raise CliError("--role must be moderator or owner.")
    _check_site(settings, site_name)
    clean = staff_name(role, name)

    def find(db: Connection) -> Member | None:
        return find_member(db, site_name, clean, role)

    member = read_database(settings, find)
    if member is None:
        path, command = f"/api/v1/sites/{site_name}/staff", PutMember(site_name, clean, role)
        apply(settings, lambda api: call(api, "PUT", path, {"name": clean, "role": role}), lambda db: command)
        member = read_database(settings, find)
    assert member is not None, f"expected a member {clean} of {site_name}"
    return actor_of(member)


def _check_site(settings: Settings, site_name: str) -> None:
    if not any(known.name == site_name for known in read_sites(settings)):
        raise CliError(f"there is no site {site_name}; add it with: hubbub site add {site_name} --origin https://…")
