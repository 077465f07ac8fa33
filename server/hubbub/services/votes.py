"""Prepares the requests of voters. What is allowed, the worker decides."""

from hubbub.commands.votes import AddReaction, CastVote
from hubbub.protocol.requests.votes import React, Vote
from hubbub.services.base import Services, Target


def prepare_vote(services: Services, target: Target, request: Vote) -> CastVote:
    """A vote on a comment."""
    return CastVote(target.comment.id, target.comment.thread, target.actor, request.value)


def prepare_react(services: Services, target: Target, request: React) -> AddReaction:
    """A reaction to a comment, or the end of one."""
    return AddReaction(target.comment.id, target.comment.thread, target.actor, request.name, request.on)
