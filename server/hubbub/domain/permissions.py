"""Permissions: what each role may do. All of them are in this table."""

from enum import Enum, auto

from hubbub.domain.model import Role


class Permission(Enum):
    """Something that a role allows, on the token's own site."""

    COMMENT = auto()  # and change one's own comments within the edit window
    CHOOSE_NAME = auto()  # others have the one that they were given
    VOTE = auto()  # and react, to others' comments
    EDIT_ANY = auto()  # others' comments, and all in closed threads
    REMOVE_ANY = auto()
    RESTORE = auto()
    APPROVE = auto()  # and see what is held
    READ_SOURCE = auto()  # what others typed
    NO_QUOTA = auto()  # as many comments a day as they like
    ANY_MODE = auto()  # to write whatever a thread's mode is
    CLOSE = auto()
    PIN = auto()
    CHANGE_MODE = auto()  # such as when a thread closes
    PUT_THREAD = auto()  # titles and articles
    CHANGE_SITE = auto()
    CHANGE_STAFF = auto()


_GUEST = frozenset({Permission.COMMENT, Permission.CHOOSE_NAME, Permission.VOTE})
_MODERATOR = frozenset(
    {
        Permission.COMMENT,
        Permission.VOTE,
        Permission.EDIT_ANY,
        Permission.REMOVE_ANY,
        Permission.RESTORE,
        Permission.APPROVE,
        Permission.READ_SOURCE,
        Permission.NO_QUOTA,
        Permission.ANY_MODE,
        Permission.CLOSE,
        Permission.PIN,
        Permission.CHANGE_MODE,
    }
)
_OWNER = _MODERATOR | {Permission.PUT_THREAD}
_OPERATOR = _OWNER | {Permission.CHANGE_SITE, Permission.CHANGE_STAFF}

PERMISSIONS = {Role.GUEST: _GUEST, Role.MODERATOR: _MODERATOR, Role.OWNER: _OWNER, Role.OPERATOR: _OPERATOR}
STAFF = frozenset({Role.MODERATOR, Role.OWNER})  # the roles of members


def least_role(permission: Permission) -> Role:
    """The lowest role that has the permission."""
    return next(role for role in Role if permission in PERMISSIONS[role])
