"""Doors to cases, ratings and reports."""

from django.apps import apps
from django.db.models import F, Q

from audit.querysets import AuditedQuerySet
from cases.choices import OPEN, WORKED, Procedure, ReportState, Step
from gridparty.lib.access import Can, ScopedQuerySet, scope_of
from grids.querysets import PlacedQuerySet


class CaseQuerySet(PlacedQuerySet):
    """Seen where the matter is; handled by who handles cases where it is held, or above."""

    def _reach(self, user, can: Can) -> Q:
        scope = scope_of(user)
        if can == Can.HANDLE_CASES:
            return scope.q(can, area_path="holder__", place_path="holder__") & scope.q(self.model.see)
        return scope.q(can)

    def open(self):
        return self.filter(step__in=sorted(OPEN))

    def held_by(self, user):
        """Those held exactly where a post of `user` stands: theirs to work on, not those of the levels below."""
        return self.filter(self._holding(user))

    @staticmethod
    def _holding(user) -> Q:
        scope = scope_of(user)
        if scope.everywhere(Can.HANDLE_CASES):
            return Q(holder__kind="district")
        return Q(holder__in=[reach.area_id for reach in scope.reaches(Can.HANDLE_CASES)])

    def supervised_by(self, user):
        return self.filter(supervisor__in=[reach.area_id for reach in scope_of(user).reaches(Can.HANDLE_CASES)])

    def to_decide(self, user):
        """What somebody else asked: approval, decided where it is held; closing as out of remit, decided there or right above."""
        above = [reach.area_id for reach in scope_of(user).reaches(Can.HANDLE_CASES)]
        near = self._holding(user) | Q(step__in=sorted(WORKED), holder__parent__in=above)
        return self.filter(near).exclude(asked_by=None).exclude(asked_by=user)

    def astray(self):
        """Open ones whose place no longer stands below the office that holds them: the map was redrawn."""
        below = {"holder__tree_id": F("area__tree_id"), "holder__lft__lte": F("area__lft"), "holder__rght__gte": F("area__rght")}
        return self.open().exclude(**below)

    def waiting(self):
        """What somebody has to do something about: answered cases wait for the resident only."""
        return self.open().exclude(step=Step.ANSWERED)

    def late(self, now):
        return self.waiting().filter(Q(due_at__lt=now) | Q(step_due_at__lt=now))

    def urgent(self):
        return self.open().filter(procedure=Procedure.URGENT)


class OfCaseQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Parts of a case; `path` leads to it."""

    path = ""

    @classmethod
    def of(cls, path: str):
        return type(cls.__name__, (cls,), {"path": path}).as_manager()

    def _reach(self, user, can: Can) -> Q:
        cases = apps.get_model("cases", "Case").objects
        cases = cases.editable_by(user) if can == Can.HANDLE_CASES else cases.visible_to(user)
        return Q(**{f"{self.path.removesuffix('__')}__in": cases.values("pk")})


class RatingQuerySet(PlacedQuerySet):
    """Single ratings are seen above those who are rated, never by them."""

    def _reach(self, user, can: Can) -> Q:
        scope = scope_of(user)
        if scope.everywhere(can):
            return Q()
        condition = Q(pk__in=[])
        for reach in scope.reaches(can):
            condition |= reach.q("area__") & ~Q(area=reach.area_id)
        return condition


class ReportQuerySet(PlacedQuerySet):
    def expected(self):
        return self.filter(excused=False)

    def missing(self, now):
        return self.expected().filter(first_sent_at=None, due_at__lt=now)

    def to_write(self, user):
        """Reports of grids on which `user` writes them."""
        areas = [reach.area_id for reach in scope_of(user).reaches(Can.WRITE_REPORTS)]
        return self.filter(area__in=areas, locked_at=None, state__in=[ReportState.DRAFT, ReportState.RETURNED], excused=False)

    def to_judge(self, user):
        """Sent reports within reach of who reads them, closed or not: what came on Friday evening is read on Monday."""
        return self.filter(self._reach(user, Can.REVIEW_REPORTS), state=ReportState.SENT).exclude(sent_by=user.pk)


class OfReportQuerySet(AuditedQuerySet, ScopedQuerySet):
    """The history of a report is seen with it."""

    path = ""

    @classmethod
    def of(cls, path: str):
        return type(cls.__name__, (cls,), {"path": path}).as_manager()

    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can, area_path=f"{self.path}area__", place_path=self.path)
