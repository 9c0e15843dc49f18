"""All rights on one screen: which role may do what, on which kind of area it stands, and whom it may appoint."""

from accounts.choices import Role
from gridparty.lib.access import Can
from grids.choices import AreaKind

_SERVE = {Can.SEE_SERVICES, Can.RUN_SERVICES}
_CARDS = {Can.SEE_CARDS, Can.KEEP_CARDS}
_OFFICE = {Can.USE_DESK, Can.SEE_AREAS, Can.SEE_POSTS, Can.SEE_PEOPLE, Can.SEE_MEMBERS, Can.SEE_SERVICES, Can.SEE_CARDS}
_OFFICE |= {Can.SEE_LIAISON}
_RECORDS = {Can.EDIT_PEOPLE, Can.RECORD_VISITS, Can.REVEAL_PEOPLE, Can.EDIT_MEMBERS, Can.IMPORT_ROSTERS}
_POINTS = {Can.PROPOSE_POINTS, Can.DECIDE_POINTS, Can.REVIEW_POINTS}
_HEAR = {Can.SEE_VOICES, Can.KEEP_JOURNAL}
_VOICES = _HEAR | {Can.HANDLE_CASES, Can.REVIEW_REPORTS, Can.SEE_RATINGS}
_SERVICES = _SERVE | _CARDS | {Can.APPROVE_SERVICES}
_LIAISON = {Can.RUN_LIAISON, Can.SIGN_AGREEMENTS}
_MANAGE = (
    _OFFICE
    | _RECORDS
    | _POINTS
    | _VOICES
    | _SERVICES
    | _LIAISON
    | {Can.EDIT_AREAS, Can.EDIT_POSTS, Can.INVITE_USERS, Can.DISABLE_USERS}
)
_FIELD = {Can.USE_PHONE, Can.SEE_AREAS, Can.SEE_POSTS}
_ROUNDS = _FIELD | _HEAR | {Can.SEE_PEOPLE, Can.RECORD_VISITS, Can.REVEAL_PEOPLE}
_BRANCH = _FIELD | {Can.SEE_MEMBERS, Can.REVEAL_PEOPLE, Can.PROPOSE_POINTS}

CAPABILITIES: dict[Role, frozenset[Can]] = {
    role: frozenset(can)
    for role, can in {
        Role.ALL_DISTRICTS_OFFICIAL: _MANAGE | {Can.SET_POINTS},
        Role.DISTRICT_OFFICIAL: _MANAGE | {Can.SET_POINTS},
        Role.STREET_OFFICER: _MANAGE | {Can.SET_POINTS},
        Role.COMMUNITY_SECRETARY: _MANAGE | _FIELD,
        Role.COMMUNITY_CLERK: _OFFICE
        | _RECORDS
        | _HEAR
        | _SERVE
        | _CARDS
        | {Can.EDIT_AREAS, Can.PROPOSE_POINTS, Can.HANDLE_CASES, Can.RUN_LIAISON},
        Role.LEADING_CADRE: _OFFICE | _FIELD | {Can.SEE_VOICES},
        Role.GRID_LEADER: _ROUNDS | _SERVE | {Can.HANDLE_CASES, Can.WRITE_REPORTS},
        Role.SENTIMENT_OFFICER: _ROUNDS,
        Role.SAFETY_OFFICER: _ROUNDS,
        Role.CITYSCAPE_OFFICER: _ROUNDS,
        Role.GROUP_LEADER: _BRANCH,
        Role.RETIREE_LEADER: _ROUNDS,
        Role.BUILDING_LEADER: _ROUNDS,
        Role.SUPERVISOR: _FIELD | {Can.SEE_VOICES, Can.SEE_SERVICES},
        Role.BRANCH_SECRETARY: _BRANCH | {Can.DECIDE_POINTS},
        Role.COMMITTEE_MEMBER: _BRANCH,
        Role.MEMBER: {Can.USE_PHONE},
        Role.SYSTEM_ADMIN: {Can.USE_DESK, Can.RUN_JOBS, Can.EDIT_SETTINGS},
        Role.SECURITY_ADMIN: {Can.USE_DESK, Can.SEE_POSTS, Can.EDIT_POSTS, Can.INVITE_USERS, Can.DISABLE_USERS},
        Role.AUDIT_ADMIN: {Can.USE_DESK, Can.SEE_AUDIT},
    }.items()
}

_GRID_POSTS = {Role.GRID_LEADER, Role.SENTIMENT_OFFICER, Role.SAFETY_OFFICER, Role.CITYSCAPE_OFFICER}
_GRID_POSTS |= {Role.GROUP_LEADER, Role.RETIREE_LEADER, Role.BRANCH_SECRETARY, Role.MEMBER}
_ANY = set(AreaKind)

# On which kinds of area a role stands; None means over all districts.
STANDS_ON: dict[Role, frozenset[AreaKind | None]] = {
    role: frozenset(kinds)
    for role, kinds in {
        Role.ALL_DISTRICTS_OFFICIAL: {None},
        Role.DISTRICT_OFFICIAL: {AreaKind.DISTRICT},
        Role.STREET_OFFICER: {AreaKind.STREET},
        Role.COMMUNITY_SECRETARY: {AreaKind.COMMUNITY},
        Role.COMMUNITY_CLERK: {AreaKind.COMMUNITY},
        Role.LEADING_CADRE: _ANY - {AreaKind.BUILDING},
        **{post: {AreaKind.GRID} for post in _GRID_POSTS},
        Role.GROUP_LEADER: {AreaKind.GRID, AreaKind.BUILDING},
        Role.BRANCH_SECRETARY: {AreaKind.COMMUNITY, AreaKind.GRID},
        Role.COMMITTEE_MEMBER: set(),  # only by a seat
        Role.MEMBER: _ANY,
        Role.BUILDING_LEADER: {AreaKind.BUILDING},
        Role.SUPERVISOR: _ANY - {AreaKind.BUILDING},
        Role.SYSTEM_ADMIN: {None},
        Role.SECURITY_ADMIN: {None},
        Role.AUDIT_ADMIN: {None},
    }.items()
}

# The roles that a seat in a party organisation gives (members.actions fills and empties seats).
ON_BODIES = frozenset({Role.BRANCH_SECRETARY, Role.COMMITTEE_MEMBER, Role.GROUP_LEADER})

# Whom a role may appoint, by hand or by import, within its own reach.
_FIELD_POSTS = _GRID_POSTS | {Role.BUILDING_LEADER, Role.SUPERVISOR}
_COMMUNITY_POSTS = _FIELD_POSTS | {Role.COMMUNITY_CLERK}
_STREET_POSTS = _COMMUNITY_POSTS | {Role.COMMUNITY_SECRETARY, Role.LEADING_CADRE}
MAY_APPOINT: dict[Role, frozenset[Role]] = {
    role: frozenset(posts)
    for role, posts in {
        Role.COMMUNITY_SECRETARY: _COMMUNITY_POSTS,
        Role.STREET_OFFICER: _STREET_POSTS,
        Role.DISTRICT_OFFICIAL: _STREET_POSTS | {Role.STREET_OFFICER},
        Role.ALL_DISTRICTS_OFFICIAL: _STREET_POSTS | {Role.STREET_OFFICER, Role.DISTRICT_OFFICIAL},
        Role.SECURITY_ADMIN: set(Role) - {Role.SECURITY_ADMIN},
    }.items()
}

# System, security and audit administration exclude each other and every other right (三员分立).
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
