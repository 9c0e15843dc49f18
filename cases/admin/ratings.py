"""Ratings at the desk, for those above the rated: single ones without who gave them, and how both sides compare."""

from django.contrib import admin
from django.db.models import Avg, Count, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from cases.choices import Side
from cases.exports import RatingResource, office
from cases.filters import LOW, RatedAtFilter, RatedSubjectFilter, ScoreFilter
from cases.models import Rating
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from people.admin.steps import StepAdmin

MOST = 30  # units compared above the list, those worst rated first


@admin.register(Rating)
class RatingAdmin(StepAdmin):
    change_form_template = "admin/cases/read_only.html"
    change_list_template = "admin/cases/rating/change_list.html"
    list_display = ("at", "rated", "side", "score_shown", "short_text", "case_number")
    list_display_links = ("at", "rated")
    list_filter = (RatedAtFilter, "side", ScoreFilter, RatedSubjectFilter, WithinFilter)
    ordering = ("-id",)
    export = RatingResource
    fields = ("at", "rated", "side", "score_shown", "text_shown", "case_link")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "community", "case__subject")

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def heading(self, rating) -> str:
        return f"{rating.get_side_display()}评价 {rating.case.number}"

    def changelist_view(self, request, extra_context=None):
        answer = super().changelist_view(request, extra_context)
        if hasattr(answer, "context_data") and "cl" in answer.context_data:
            answer.context_data["averages"] = _averages(answer.context_data["cl"].queryset)
        return answer

    # --- Columns
    @admin.display(description=_("被评价单位"))
    def rated(self, rating):
        return office(rating.area, rating.community)

    @admin.display(description=_("评分"))
    def score_shown(self, rating):
        score = _("%(n)d 分") % {"n": rating.score}
        return badge("late", score) if rating.score <= LOW else score

    @admin.display(description=_("意见"))
    def short_text(self, rating):
        return Truncator(rating.text).chars(24)

    @admin.display(description=_("意见"))
    def text_shown(self, rating):
        return rating.text

    @admin.display(description=_("民情事件"))
    def case_number(self, rating):
        return rating.case.number

    @admin.display(description=_("民情事件"))
    def case_link(self, rating):
        return format_html('<a href="{}">{}</a>', reverse("admin:cases_case_change", args=[rating.case_id]), rating.case.number)


def _averages(rows) -> list[dict]:
    """What both sides gave, by the unit that was rated: first those with which residents are least content. One query."""
    sides = {side: Q(side=side) for side in Side}
    found = (
        rows.select_related(None)
        .order_by()
        .values("area", "area__name", "community__name")
        .annotate(
            residents=Count("pk", filter=sides[Side.RESIDENT]),
            theirs=Avg("score", filter=sides[Side.RESIDENT]),
            own=Avg("score", filter=sides[Side.TEAM]),
        )
        .order_by("theirs", "area")[:MOST]
    )
    return [one | {"gap": _gap(one["own"], one["theirs"])} for one in found]


def _gap(own, theirs):
    return None if own is None or theirs is None else own - theirs
