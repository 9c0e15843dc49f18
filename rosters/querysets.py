"""The doors to imports and exports: each is its user's alone, for it holds what that user brought or saw."""

import hashlib

from django.db.models import QuerySet

from gridparty.lib.access import Can, scope_of


class ImportQuerySet(QuerySet):
    def visible_to(self, user):
        """One's own, as long as one may import at all."""
        return self.filter(by=user.pk) if scope_of(user).has(Can.IMPORT_ROSTERS) else self.none()

    editable_by = visible_to


class OfImportQuerySet(QuerySet):
    """Rows of an import go with it."""

    def visible_to(self, user):
        return self.filter(of__by=user.pk) if scope_of(user).has(Can.IMPORT_ROSTERS) else self.none()

    editable_by = visible_to


def offices(user) -> list[int]:
    """The areas a user's right to import stands on; 0 stands for all districts."""
    scope = scope_of(user)
    places = [reach.area_id for reach in scope.reaches(Can.IMPORT_ROSTERS)]
    return [0, *places] if scope.everywhere(Can.IMPORT_ROSTERS) else places


class MappingQuerySet(QuerySet):
    """An office's own matching of headings."""

    def visible_to(self, user):
        return self.filter(office__in=offices(user))

    editable_by = visible_to


def posts_of(user) -> str:
    """Names what a user's rights come from: another word as soon as a post begins or ends."""
    grants = sorted((grant.role, getattr(grant.reach, "area_id", 0), grant.body) for grant in scope_of(user).grants)
    return hashlib.sha256(repr(grants).encode()).hexdigest()


class ExportQuerySet(QuerySet):
    def visible_to(self, user):
        """One's own, as long as one may work at the desk."""
        return self.filter(by=user.pk) if scope_of(user).has(Can.USE_DESK) else self.none()

    editable_by = visible_to

    def ready_for(self, user):
        """Those written under the very rights the user has: a list of where somebody worked before is not theirs any more."""
        return self.exclude(done_at=None).filter(posts=posts_of(user))
