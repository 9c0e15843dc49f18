"""The columns of exported lists of bodies' members and of meetings. Why somebody stayed away stays at the desk."""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from gridparty.lib.dates import CHINA
from liaison.choices import MeetingState
from liaison.exports import place_in_words


class _PlacedResource(Resource):
    def dehydrate_place(self, row) -> str:
        return place_in_words(row)


class BodyResource(_PlacedResource):
    record = Field("pk", _("编号"))
    name = Field("name", _("名称"))
    kind = Field("get_kind_display", _("会议类型"))
    place = Field(column_name=_("所在区域"))
    organisation = Field("organisation__full_name", _("召集党组织"))
    number = Field("number", _("现有成员"))
    quorum = Field("get_quorum_display", _("到会要求"))
    closed_on = Field("closed_on", _("撤销日期"))


class BodyMemberResource(Resource):
    record = Field("pk", _("编号"))
    body = Field("body__name", _("会议机制"))
    name = Field("called", _("姓名"))
    unit = Field("unit__name", _("单位"))
    duty = Field("duty", _("职务"))
    chairs = Field(column_name=_("召集人"))
    votes = Field(column_name=_("有表决权"))
    joined_on = Field("joined_on", _("加入日期"))
    left_on = Field("left_on", _("退出日期"))

    def dehydrate_chairs(self, member) -> str:
        return str(_("是")) if member.chairs else ""

    def dehydrate_votes(self, member) -> str:
        return str(_("是") if member.votes else _("否"))


class MeetingResource(_PlacedResource):
    record = Field("pk", _("编号"))
    body = Field("body__name", _("会议机制"))
    title = Field("title", _("会议名称"))
    at = Field(column_name=_("开会时间"))
    spot = Field("spot", _("开会地点"))
    place = Field(column_name=_("所在区域"))
    state = Field("get_state_display", _("状态"))
    voters = Field(column_name=_("应到"))
    present = Field(column_name=_("实到"))
    passed = Field("passed", _("决议"))

    def dehydrate_at(self, meeting) -> str:
        return f"{meeting.at.astimezone(CHINA):%Y-%m-%d %H:%M}"

    def dehydrate_voters(self, meeting) -> str:
        return str(meeting.voters) if _was_held(meeting) else ""

    def dehydrate_present(self, meeting) -> str:
        return str(meeting.present) if _was_held(meeting) else ""


def _was_held(meeting) -> bool:
    return meeting.state in (MeetingState.HELD, MeetingState.CLOSED)
