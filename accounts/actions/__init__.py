"""Every write to users and appointments."""

from accounts.actions.access import change_own_password, disable, enable, invite, reissue, use_first_password
from accounts.actions.posts import (
    NewUser,
    Post,
    appoint,
    appoint_many,
    change_user,
    create_users,
    end_appointments,
    is_same_post,
    overlap,
    refusals,
    use_scheme,
)

__all__ = [
    "NewUser",
    "Post",
    "appoint",
    "appoint_many",
    "change_own_password",
    "change_user",
    "create_users",
    "disable",
    "enable",
    "end_appointments",
    "invite",
    "is_same_post",
    "overlap",
    "refusals",
    "reissue",
    "use_first_password",
    "use_scheme",
]
