"""The columns of exported lists of services. What people wrote of themselves (说明, 原因) stays at the desk."""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from gridparty.lib.dates import CHINA
from services.card_lists import period_of
from services.choices import CardState
from services.feedback import link_of


def place_in_words(row) -> str:
    """桃园社区 / 第1网格: grids go by numbers."""
    return " / ".join(dict.fromkeys(one.name for one in (row.community, row.area) if one))


def clock(row) -> str:
    return f"{row.begins:%H:%M}—{row.ends:%H:%M}"


def moment(at) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" if at else ""


class _PlacedResource(Resource):
    def dehydrate_place(self, row) -> str:
        return place_in_words(row)


class PostResource(_PlacedResource):
    record = Field("pk", _("编号"))
    title = Field("title", _("岗位名称"))
    kind = Field("kind__name", _("岗位类型"))
    place = Field(column_name=_("所在区域"))
    spot = Field("spot", _("服务地点"))
    duties = Field("duties", _("岗位职责"))
    origin = Field("get_origin_display", _("设岗来源"))
    places = Field("places", _("需要人数"))
    taken = Field("taken", _("已认领"))
    starts_on = Field("starts_on", _("上岗日期"))
    ends_on = Field("ends_on", _("结束日期"))
    claim_until = Field("claim_until", _("认领截止"))
    state = Field("get_state_display", _("状态"))
    published = Field(column_name=_("发布时间"))

    def dehydrate_published(self, post) -> str:
        return moment(post.published_at)


class ClaimResource(Resource):
    record = Field("pk", _("编号"))
    name = Field("member__name", _("姓名"))
    organisation = Field("member__organisation__full_name", _("所在党组织"))
    post = Field("post__title", _("岗位名称"))
    kind = Field("post__kind__name", _("岗位类型"))
    place = Field(column_name=_("所在区域"))
    state = Field("get_state_display", _("状态"))
    applied = Field(column_name=_("认领时间"))
    started_on = Field("started_on", _("上岗日期"))
    ended_on = Field("ended_on", _("离岗日期"))

    def dehydrate_place(self, claim) -> str:
        return place_in_words(claim.post)

    def dehydrate_applied(self, claim) -> str:
        return moment(claim.applied_at)


class TeamResource(_PlacedResource):
    record = Field("pk", _("编号"))
    name = Field("name", _("队伍名称"))
    place = Field(column_name=_("所在区域"))
    purpose = Field("purpose", _("服务内容"))
    leader = Field("leader__name", _("队长"))
    number = Field("number", _("队员人数"))
    founded_on = Field("founded_on", _("成立日期"))
    closed_on = Field("closed_on", _("撤销日期"))


class ActivityResource(_PlacedResource):
    record = Field("pk", _("编号"))
    title = Field("title", _("活动名称"))
    on = Field("on", _("活动日期"))
    time = Field(column_name=_("时间"))
    place = Field(column_name=_("所在区域"))
    spot = Field("spot", _("集合地点"))
    team = Field("team__name", _("服务队"))
    places = Field("places", _("名额"))
    taken = Field("taken", _("已报名"))
    came = Field("came", _("到场人数"))
    state = Field("get_state_display", _("状态"))

    def dehydrate_time(self, activity) -> str:
        return clock(activity)


class SignUpResource(Resource):
    """Who signed up and who came."""

    on = Field("activity__on", _("活动日期"))
    activity = Field("activity__title", _("活动名称"))
    place = Field(column_name=_("所在区域"))
    name = Field("member__name", _("姓名"))
    organisation = Field("member__organisation__full_name", _("所在党组织"))
    state = Field("get_state_display", _("报名"))
    attended = Field("get_attended_display", _("签到方式"))
    attended_at = Field(column_name=_("签到时间"))

    def dehydrate_place(self, signup) -> str:
        return place_in_words(signup.activity)

    def dehydrate_attended_at(self, signup) -> str:
        return moment(signup.attended_at)


class HoursResource(_PlacedResource):
    record = Field("pk", _("编号"))
    on = Field("on", _("日期"))
    name = Field("member__name", _("姓名"))
    organisation = Field("member__organisation__full_name", _("所在党组织"))
    place = Field(column_name=_("所在区域"))
    served_in = Field(column_name=_("岗位或活动"))
    note = Field("note", _("服务内容"))
    time = Field(column_name=_("时间"))
    hours = Field("hours", _("时长（小时）"))
    state = Field("get_state_display", _("状态"))
    decided_by = Field("decided_by__name", _("确认人"))
    decided = Field(column_name=_("确认时间"))

    def dehydrate_served_in(self, row) -> str:
        return served_in(row)

    def dehydrate_time(self, row) -> str:
        return clock(row)

    def dehydrate_decided(self, row) -> str:
        return moment(row.decided_at)


def served_in(row) -> str:
    """The post or activity of hours; empty for what somebody did on their own."""
    if row.claim_id:
        return row.claim.post.title
    return row.signup.activity.title if row.signup_id else ""


class CardResource(_PlacedResource):
    """Feedback cards; the link of one that was sent goes to who may send it (`keeps`, made by the list)."""

    record = Field("pk", _("编号"))
    name = Field("member__name", _("姓名"))
    organisation = Field("member__organisation__full_name", _("所在党组织"))
    unit = Field("unit__name", _("工作单位"))
    period = Field(column_name=_("期间"))
    place = Field(column_name=_("所在区域"))
    posts = Field("posts", _("服务岗位"))
    hours = Field("hours", _("服务时长"))
    activities = Field("activities", _("参加活动"))
    entries = Field("entries", _("积分事项"))
    points = Field("points", _("积分"))
    words = Field("words", _("社区评语"))
    state = Field("get_state_display", _("状态"))
    sent_by = Field("get_sent_by_display", _("发出方式"))
    sent = Field(column_name=_("发出时间"))
    answer_by = Field("answer_by", _("回执期限"))
    reminded = Field("reminded", _("已催办次数"))
    answer = Field("get_answer_display", _("单位回执"))
    answer_text = Field("answer_text", _("单位意见"))
    answered = Field(column_name=_("回执时间"))
    link = Field(column_name=_("回执链接"))

    def dehydrate_period(self, card) -> str:
        return period_of(card)

    def dehydrate_sent(self, card) -> str:
        return moment(card.sent_at)

    def dehydrate_answered(self, card) -> str:
        return moment(card.answered_at)

    def dehydrate_link(self, card) -> str:
        return link_of(card) if card.keeps and card.state == CardState.SENT else ""
