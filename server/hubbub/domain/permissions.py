"""What each role may do. All permissions of the product are in this table."""

from enum import Enum, auto

from hubbub.domain.model import Role


class Permission(Enum):
    """Something that needs a role."""

    COMMENT = auto()
    EDIT_ANY = auto()  # comments of others, and one's own after the edit window, also in closed threads
    REMOVE_ANY = auto()
    RESTORE = auto()
    READ_SOURCE = auto()  # what others typed
    CLOSE = auto()
    NO_QUOTA = auto()  # comments are not counted
    PUT_THREAD = auto()
    CHANGE_SETTINGS = auto()
    CHANGE_SITES = auto()
    CHANGE_STAFF = auto()


_GUEST = frozenset({Permission.COMMENT})
_MODERATOR = _GUEST | {
    Permission.EDIT_ANY,
    Permission.REMOVE_ANY,
    Permission.RESTORE,
    Permission.READ_SOURCE,
    Permission.CLOSE,
    Permission.NO_QUOTA,
}
_OWNER = _MODERATOR | {Permission.PUT_THREAD, Permission.CHANGE_SETTINGS}
_OPERATOR = _OWNER | {Permission.CHANGE_SITES, Permission.CHANGE_STAFF}

PERMISSIONS = {
    Role.GUEST: _GUEST,
    Role.MODERATOR: _MODERATOR,
    Role.OWNER: _OWNER,
    Role.OPERATOR: _OPERATOR,
}
STAFF = frozenset({Role.MODERATOR, Role.OWNER})  # the roles of members


def least_role(permission: Permission) -> Role:
    """The lowest role that has it."""
    return next(role for role in Role if permission in PERMISSIONS[role])
