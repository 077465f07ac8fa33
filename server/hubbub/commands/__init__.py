"""The write commands: what web nodes, the command line and the worker itself ask the worker to do. One module a
subject; each names its commands in a union at its end."""

from hubbub.commands.moderation import ModerationCommand
from hubbub.commands.people import PeopleCommand
from hubbub.commands.posting import PostingCommand
from hubbub.commands.sites import SiteCommand
from hubbub.commands.staff import StaffCommand
from hubbub.commands.threads import ThreadCommand
from hubbub.commands.votes import VotesCommand

AnyWrite = (
    PostingCommand | ModerationCommand | ThreadCommand | SiteCommand | StaffCommand | VotesCommand | PeopleCommand
)

__all__ = ["AnyWrite"]
