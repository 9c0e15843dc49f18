"""Doors to organisations and members: by area, and by the organisation one holds a seat in."""

import re
from functools import reduce
from operator import or_

from django.apps import apps
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from audit.querysets import AuditedQuerySet
from gridparty.lib.access import Can, ScopedQuerySet, scope_of
from gridparty.lib.dates import today
from grids.querysets import PlacedQuerySet
from members.choices import (
    APPROVING,
    ENTRY_MOVES,
    NEW_BODIES,
    ON_ROLL,
    SCHEME_MOVES,
    AppealState,
    EntryMove,
    EntryState,
    SchemeMove,
    SchemeState,
)
from people.querysets import id_hashes

BODY = "members.partyorganisation:"


def body_key(organisation_id: int) -> str:
    """The key under which accounts keeps an appointment on an organisation."""
    return f"{BODY}{organisation_id}"


def held(user, can: Can, path: str = "") -> Q:
    """The organisations on which `user` holds the capability by a seat, and those below them; `path` leads to them."""
    condition = Q(pk__in=[])
    for one in _paths(user, can):
        condition |= Q(**{f"{path}path__startswith": one})
    return condition


def _paths(user, can: Can) -> list[str]:
    """Of the organisations on which `user` holds the capability; looked up once for a scope, as its areas are."""
    scope = scope_of(user)
    bodies = {grant.body for grant in scope.grants if grant.body.startswith(BODY)}
    if bodies and "paths" not in vars(scope):
        keys = [int(body.removeprefix(BODY)) for body in bodies]
        rows = apps.get_model("members", "PartyOrganisation").objects.filter(pk__in=keys)
        scope.paths = {body_key(pk): one for pk, one in rows.values_list("pk", "path")}
    return [scope.paths[body] for body in scope.bodies(can) if body.startswith(BODY)]


def either(*conditions: Q) -> Q:
    """Any of them. A condition that lets everything through is empty, and `|` forgets it."""
    return reduce(or_, conditions) if all(conditions) else Q()


def through_organisation(user, can: Can, path: str = "organisation__") -> Q:
    """Rows of an organisation: by its area, or by a seat in it or above it; `path` leads to it."""
    return either(scope_of(user).q(can, area_path=f"{path}area__", place_path=path), held(user, can, path))


class OrganisationQuerySet(PlacedQuerySet):
    def _reach(self, user, can: Can) -> Q:
        return through_organisation(user, can, "")

    def visible_to(self, user):
        """Within reach, and those of elsewhere (without a place) to which members of ours belong."""
        elsewhere = Q(area=None) if scope_of(user).has(self.model.see) else Q(pk__in=[])
        return self.filter(either(self._reach(user, self.model.see), elsewhere))

    def open(self):
        return self.filter(closed_on=None)

    def kept_by(self, user, can: Can):
        """Those this capability of `user` reaches: none of elsewhere."""
        return self.filter(self._reach(user, can))


class UnitQuerySet(PlacedQuerySet):
    def visible_to(self, user):
        """Units within reach, and those of elsewhere that employ members of ours."""
        elsewhere = Q(area=None) if scope_of(user).has(self.model.see) else Q(pk__in=[])
        return self.filter(either(scope_of(user).q(self.model.see), elsewhere))

    def new_bodies(self):
        """两新: the new economic and social bodies."""
        return self.filter(kind__in=sorted(NEW_BODIES))


class OfOrganisationQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Rows that belong to an organisation (seats, zones)."""

    def _reach(self, user, can: Can) -> Q:
        return through_organisation(user, can)


class SeatQuerySet(OfOrganisationQuerySet):
    def in_force(self):
        """Held today: a seat ends by itself with its term, as the appointment it made does."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=today()), ended_on=None)

    def named(self):
        """With the names the holders go by: as typed where their membership shows only that."""
        members = apps.get_model("members", "Member").objects.filter(person=OuterRef("person")).exclude(known_as="")
        return self.annotate(held_by=Coalesce(Subquery(members.values("known_as")[:1]), "person__name"))


class MemberQuerySet(PlacedQuerySet):
    """Double belonging: where the membership is, and where the member lives. Both see it, the organisation changes it."""

    def _reach(self, user, can: Can) -> Q:
        return either(scope_of(user).q(can), through_organisation(user, can))

    def editable_by(self, user):
        return self.filter(through_organisation(user, self.model.edit))

    def revealable_by(self, user):
        """Whose phone `user` may ask for."""
        return self.filter(self._reach(user, Can.REVEAL_PEOPLE))

    def on_roll(self):
        return self.filter(state__in=ON_ROLL)

    def own(self, user):
        """The membership of the user themselves."""
        return self.filter(person__user=user)

    def kept_by(self, user, can: Can):
        """Those of the organisations this capability of `user` reaches: not those who only live there."""
        return self.filter(through_organisation(user, can))

    def search(self, term: str):
        """By whole ID number, last four of the phone, pinyin, or a name's beginning; who is known as typed, only by that."""
        term = term.strip()
        if re.fullmatch(r"[\dxX]{15}|[\dxX]{18}", term):
            return self.filter(person__id_hash__in=id_hashes(term))
        if re.fullmatch(r"\d{4}", term):
            return self.filter(Q(known_as="", person__phone_tail=term) | Q(phone_tail=term))
        if re.fullmatch(r"[A-Za-z]+", term):
            own = Q(person__initials__startswith=term.lower()) | Q(person__pinyin__startswith=term.lower())
            return self.filter(Q(known_as="") & own)
        return self.filter(Q(known_as="", person__name__startswith=term) | Q(known_as__startswith=term))


class ContactQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Kept by the organisation of the member."""

    def _reach(self, user, can: Can) -> Q:
        return through_organisation(user, can, "member__organisation__")

    def own(self, user):
        return self.filter(member__person__user=user)


class MoveQuerySet(AuditedQuerySet, ScopedQuerySet):
    """The history of a membership is seen by who sees the member; a transfer on its way also by who is to receive it."""

    def _reach(self, user, can: Can) -> Q:
        lives = scope_of(user).q(can, area_path="member__area__", place_path="member__")
        return either(lives, self._sides(user, can))

    def _sides(self, user, can: Can) -> Q:
        belongs = through_organisation(user, can, "member__organisation__")
        return either(belongs, through_organisation(user, can, "to_organisation__"))

    def editable_by(self, user):
        return self.filter(self._sides(user, self.model.edit))

    def on_the_way(self):
        return self.filter(kind="sent", done_on=None)

    def to_receive(self, user):
        """Transfers whose receipt is for `user` to give; for those to elsewhere the sender notes it."""
        taking = through_organisation(user, self.model.edit, "to_organisation__")
        sending = through_organisation(user, self.model.edit, "from_organisation__")
        ours = Q(to_organisation__isnull=False) & taking | Q(to_organisation=None) & sending
        return self.on_the_way().filter(ours)


# --- Points


class SchemeQuerySet(PlacedQuerySet):
    """Schemes of one's areas, and the examples, which stand nowhere, for who makes schemes."""

    def visible_to(self, user):
        examples = Q(area=None) if scope_of(user).has(self.model.edit) else Q(pk__in=[])
        return self.filter(either(scope_of(user).q(self.model.see), examples))

    def drafts(self):
        """Begun and neither published nor thrown away."""
        return self.filter(state=SchemeState.DRAFT).exclude(area=None)

    def to_close(self):
        """Of a year that is over, and not signed yet."""
        running = {SchemeState.IN_FORCE, SchemeState.FROZEN, SchemeState.NOTICE}
        return self.filter(state__in=sorted(running), year__lt=today().year)

    def to_reopen(self, user):
        """Whose reopening somebody else asks for."""
        states = SCHEME_MOVES[SchemeMove.REOPEN][0]
        return self.filter(state__in=sorted(states)).exclude(reopen_reason="").exclude(reopen_by=user)


class OfSchemeQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Parts of a scheme; `scheme_path` leads to it."""

    scheme_path = ""

    @classmethod
    def of(cls, path: str):
        """The manager of parts that find their scheme by this path."""
        return type(cls.__name__, (cls,), {"scheme_path": path}).as_manager()

    def visible_to(self, user):
        schemes = apps.get_model("members", "PointScheme").objects.visible_to(user)
        return self.filter(**{f"{self.scheme_path.removesuffix('__')}__in": schemes.values("pk")})

    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can, area_path=f"{self.scheme_path}area__", place_path=self.scheme_path)


class _ReachedQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Rows to which several capabilities lead."""

    def reached_by(self, user, can: Can):
        """The rows this capability of `user` reaches; `user` None is the set-up of a system, which reaches all."""
        return self.all() if user is None else self.filter(self._reach(user, can))


class BalanceQuerySet(_ReachedQuerySet, PlacedQuerySet):
    """Points are the matter of the organisation, by its area or by a seat, and of the member: not of where they live."""

    def _reach(self, user, can: Can) -> Q:
        return either(scope_of(user).q(can), held(user, can, "organisation__"))

    def with_reach(self, user, *capabilities: Can):
        """Each row with `reached_by_<capability>`, whether it leads there; `user` None reaches all."""
        reached = {can: Q() if user is None else self._reach(user, can) for can in capabilities}
        return self.annotate(
            **{f"reached_by_{can}": ExpressionWrapper(q, output_field=BooleanField()) for can, q in reached.items()}
        )

    def own(self, user):
        return self.filter(member__person__user=user)


def refuse_to_edit(model, names) -> None:
    """Raises RuntimeError where one of these columns makes a line of the ledger."""
    if fixed := model.fixed_fields & set(names):
        raise RuntimeError(f"The ledger is not edited ({', '.join(sorted(fixed))}): reverse the entry instead.")


class EntryQuerySet(_ReachedQuerySet):
    def _reach(self, user, can: Can) -> Q:
        by_area = scope_of(user).q(can, area_path="balance__area__", place_path="balance__")
        return either(by_area, held(user, can, "balance__organisation__"))

    def own(self, user):
        return self.filter(balance__member__person__user=user)

    def judged_by(self, user):
        """Those `user` may approve: each item by whom it names, and never one's own."""
        ways = [Q(item__approver=approver) & self._reach(user, can) for approver, can in APPROVING.items()]
        return self.filter(reduce(or_, ways)).exclude(balance__member__person__user=user)

    def to_decide(self, user):
        """Proposals that wait for `user`, in years that are open."""
        return self.judged_by(user).filter(state=EntryState.PROPOSED, balance__scheme__state=SchemeState.IN_FORCE)

    def to_answer(self, user):
        """Appeals that wait for `user`: not against what they decided themselves."""
        years = sorted(ENTRY_MOVES[EntryMove.UPHOLD][2])
        rows = self.judged_by(user).filter(appeal=AppealState.OPEN, balance__scheme__state__in=years)
        return rows.exclude(decided_by=user)

    def update(self, **kwargs):
        refuse_to_edit(self.model, kwargs)
        return super().update(**kwargs)

    def bulk_update(self, objs, fields, batch_size=None):
        refuse_to_edit(self.model, fields)
        return super().bulk_update(objs, fields, batch_size)

    def delete(self):
        raise RuntimeError("The ledger is not deleted: reverse the entries instead.")

    delete.alters_data = True
    delete.queryset_only = True
