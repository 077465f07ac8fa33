"""Requests of voters."""

from typing import Annotated, Literal

import msgspec

from hubbub.protocol.requests.base import CommentRequest

ReactionName = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class Vote(CommentRequest, frozen=True, tag="vote"):
    """Votes on somebody else's comment: 1 is up, -1 down, 0 takes the vote back. The last word counts."""

    value: Literal[1, 0, -1]


class React(CommentRequest, frozen=True, tag="react"):
    """Adds one of the site's reactions to a comment, or takes it back."""

    name: ReactionName
    on: bool


VotesRequest = Vote | React
