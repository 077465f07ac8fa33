"""What clients ask for. Missing, extra or mistyped fields are refused as `bad_request`. One module a subject; each
names its requests in a union at its end."""

from hubbub.protocol.requests.conversation import ConversationRequest
from hubbub.protocol.requests.moderation import ModerationRequest
from hubbub.protocol.requests.posting import PostingRequest
from hubbub.protocol.requests.threads import ThreadsRequest
from hubbub.protocol.requests.votes import VotesRequest

WriteRequest = PostingRequest | ModerationRequest | ThreadsRequest | VotesRequest
AnyRequest = ConversationRequest | WriteRequest

__all__ = ["AnyRequest", "WriteRequest"]
