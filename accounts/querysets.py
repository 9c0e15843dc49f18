"""Doors to users and appointments."""

from collections.abc import Iterable

from django.contrib.auth.models import BaseUserManager
from django.db.models import Exists, OuterRef, Q

from accounts.choices import Role
from accounts.roles import MAY_APPOINT
from audit.querysets import AuditedQuerySet
from gridparty.lib.access import Can, ScopedQuerySet, scope_of
from gridparty.lib.dates import today
from grids.querysets import PlacedQuerySet


class AppointmentQuerySet(PlacedQuerySet):
    def in_force(self, on=None):
        """Appointments that hold on a day (in China; today unless given)."""
        on = on or today()
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on, ended_at=None)

    def editable_by(self, user):
        """What `user` might have appointed: the roles each grant may appoint within its reach, never one's own posts."""
        condition = Q(pk__in=[])
        for grant in scope_of(user).grants:
            if self.model.edit in grant.can and not grant.body:
                within = grant.reach.q("area__") if grant.reach else Q()
                condition |= within & Q(role__in=MAY_APPOINT[Role(grant.role)])
        return self.filter(condition).exclude(user=user.pk)


class UserQuerySet(AuditedQuerySet, ScopedQuerySet):
    def visible_to(self, user):
        """Users with a post, past or present, within the reach of `user`, and those `user` entered and nobody appointed yet."""
        return self.filter(self._posted(user, Can.SEE_POSTS))

    def editable_by(self, user, bodies: Iterable[str] = ()):
        """Users all of whose posts in force the viewer may give, those on `bodies` included; never oneself."""
        if not scope_of(user).has(Can.EDIT_POSTS):
            return self.none()
        posts = self.model.posts_model().objects
        beyond = posts.in_force().filter(user=OuterRef("pk")).exclude(pk__in=posts.editable_by(user).values("pk"))
        beyond = beyond.exclude(area=None, body__in=list(bodies))
        return self.filter(self._posted(user, Can.EDIT_POSTS)).exclude(Exists(beyond)).exclude(pk=user.pk)

    def _posted(self, user, can: Can) -> Q:
        if not scope_of(user).has(can):
            return Q(pk__in=[])
        if scope_of(user).everywhere(can):
            return Q()
        posts = self.model.posts_model().objects.filter(user=OuterRef("pk"))
        unposted = ~Exists(posts) & Q(created_by=user.pk)
        return Exists(posts.filter(scope_of(user).q(can))) | unposted


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    pass
