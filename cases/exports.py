"""The columns of exported lists of voices.

Who told something goes out masked, and so do phones and ID numbers that somebody wrote into a text.
"""

import re

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from cases.filters import TIMINGS, timing_of
from gridparty.lib.dates import CHINA
from gridparty.lib.figures import figures_of_grids
from gridparty.lib.masking import mask_name, mask_phone
from people.queries import whole_place

_NUMBERS = re.compile(r"(?<!\d)(?:\d[ -]?){6,17}[\dXx](?!\d)")


def without_numbers(text: str) -> str:
    """Phones and ID numbers somebody wrote into a text, as their last digits."""
    return _NUMBERS.sub(lambda found: mask_phone(re.sub("[ -]", "", found[0])[-6:]), text)


def office(area, community) -> str:
    """桃园社区 第1网格: grids go by numbers."""
    above = community.name if community and community.pk != area.pk else ""
    return " ".join(filter(None, [above, area.name]))


def moment(at) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" if at else ""


class _ToldResource(Resource):
    """What journal entries and cases have in common."""

    def dehydrate_place(self, row) -> str:
        return whole_place(row)

    def dehydrate_told(self, row) -> str:
        return without_numbers(row.text)

    def dehydrate_who(self, row) -> str:
        return mask_name(row.teller)

    def dehydrate_phone_end(self, row) -> str:
        return mask_phone(row.teller_phone)


class EntryResource(_ToldResource):
    record = Field("pk", _("编号"))
    on = Field("on", _("日期"))
    subject = Field("subject__name", _("类别"))
    place = Field(column_name=_("地点"))
    spot = Field("spot", _("具体位置"))
    told = Field(column_name=_("内容"))
    who = Field(column_name=_("反映人"))
    phone_end = Field(column_name=_("联系电话"))
    by = Field("by__name", _("记录人"))
    case = Field("case__number", _("民情事件"))


class CaseResource(_ToldResource):
    number = Field("number", _("编号"))
    subject = Field("subject__name", _("类别"))
    place = Field(column_name=_("地点"))
    spot = Field("spot", _("具体位置"))
    told = Field(column_name=_("反映内容"))
    who = Field(column_name=_("反映人"))
    phone_end = Field(column_name=_("联系电话"))
    source = Field("get_source_display", _("来源"))
    step = Field("get_step_display", _("环节"))
    procedure = Field("get_procedure_display", _("程序"))
    holder = Field(column_name=_("办理单位"))
    supervisor = Field("supervisor__name", _("督办单位"))
    opened = Field(column_name=_("受理时间"))
    step_due = Field(column_name=_("本环节时限"))
    due = Field(column_name=_("全程时限"))
    late = Field(column_name=_("是否逾期"))
    answered = Field(column_name=_("反馈时间"))
    answer = Field(column_name=_("答复"))
    outcome = Field("get_outcome_display", _("办结方式"))
    closed = Field(column_name=_("结案时间"))

    def dehydrate_holder(self, case) -> str:
        return office(case.holder, case.holder.community)

    def dehydrate_opened(self, case) -> str:
        return moment(case.opened_at)

    def dehydrate_step_due(self, case) -> str:
        return moment(case.step_due_at) if case.is_open else ""

    def dehydrate_due(self, case) -> str:
        return moment(case.due_at)

    def dehydrate_late(self, case):
        return _("逾期") if case.is_late(timezone.now()) else ""

    def dehydrate_answered(self, case) -> str:
        return moment(case.answered_at)

    def dehydrate_answer(self, case) -> str:
        return without_numbers(case.answer)

    def dehydrate_closed(self, case) -> str:
        return moment(case.closed_at)


class ReportResource(Resource):
    """A line a report, with its figures as they were sent."""

    week = Field("week", _("周"))
    community = Field("community__name", _("社区"))
    grid = Field("area__name", _("网格"))
    state = Field("get_state_display", _("状态"))
    in_time = Field(column_name=_("报送情况"))
    first_sent = Field(column_name=_("首次提交"))
    sent_by = Field("sent_by__name", _("提交人"))
    returns = Field("returns", _("退回次数"))
    done = Field(column_name=_("本周重点工作"))
    trouble = Field(column_name=_("存在问题和需协调事项"))
    plan = Field(column_name=_("下周打算"))
    comment = Field(column_name=_("批注"))

    def __init__(self, **options):
        super().__init__(**options)
        for figure in figures_of_grids():
            heading = f"{figure.label}（{figure.unit}）"
            self.fields[figure.key] = Field(column_name=heading, dehydrate_method=_figure(figure.key))

    def dehydrate_in_time(self, report):
        return TIMINGS[timing_of(report, timezone.now())]

    def dehydrate_first_sent(self, report) -> str:
        return moment(report.first_sent_at)

    def dehydrate_done(self, report) -> str:
        return without_numbers(report.done)

    def dehydrate_trouble(self, report) -> str:
        return without_numbers(report.trouble)

    def dehydrate_plan(self, report) -> str:
        return without_numbers(report.plan)

    def dehydrate_comment(self, report) -> str:
        return without_numbers(report.comment)


def _figure(key: str):
    return lambda report: report.figures.get(key, "") if report.is_received else ""


class RatingResource(Resource):
    """Single ratings: of which matter, by which side, never by whom."""

    at = Field(column_name=_("评价时间"))
    case = Field("case__number", _("民情事件"))
    subject = Field("case__subject__name", _("类别"))
    rated = Field(column_name=_("被评价单位"))
    side = Field("get_side_display", _("评价方"))
    score = Field("score", _("评分"))
    text = Field(column_name=_("意见"))

    def dehydrate_at(self, rating) -> str:
        return moment(rating.at)

    def dehydrate_rated(self, rating) -> str:
        return office(rating.area, rating.community)

    def dehydrate_text(self, rating) -> str:
        return without_numbers(rating.text)
