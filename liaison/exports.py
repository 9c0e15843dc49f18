"""The columns of exported lists of agreements and of what was promised. What people answered (意见, 答复人) stays at the desk."""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from liaison.agreements import party_name


def place_in_words(row) -> str:
    """桃园社区 / 第1网格: grids go by numbers."""
    return " / ".join(dict.fromkeys(one.name for one in (row.community, row.area) if one))


class AgreementResource(Resource):
    """Of rows with their progress (liaison.agreements.with_progress)."""

    record = Field("pk", _("编号"))
    title = Field("title", _("协议标题"))
    unit = Field("unit__name", _("共建单位"))
    ours = Field(column_name=_("甲方"))
    place = Field(column_name=_("所在区域"))
    starts_on = Field("starts_on", _("开始日期"))
    ends_on = Field("ends_on", _("结束日期"))
    state = Field("get_state_display", _("状态"))
    signed_on = Field("signed_on", _("签订日期"))
    ended_on = Field("ended_on", _("终止日期"))
    our_head = Field("our_head", _("甲方负责人"))
    their_head = Field("their_head", _("乙方负责人"))
    promised = Field("promised", _("共建事项"))
    done = Field("done", _("已完成"))
    to_confirm = Field("to_confirm", _("待核实"))
    late = Field("late", _("逾期"))

    def dehydrate_ours(self, agreement) -> str:
        return party_name(agreement)

    def dehydrate_place(self, agreement) -> str:
        return place_in_words(agreement)


class CommitmentResource(Resource):
    record = Field("pk", _("编号"))
    unit = Field("agreement__unit__name", _("共建单位"))
    place = Field(column_name=_("所在区域"))
    side = Field("get_side_display", _("责任方"))
    text = Field("text", _("事项"))
    who = Field("who", _("责任人"))
    due_on = Field("due_on", _("完成期限"))
    state = Field("get_state_display", _("状态"))
    late = Field(column_name=_("是否逾期"))
    done_on = Field("done_on", _("完成日期"))
    done_text = Field("done_text", _("完成情况"))

    def dehydrate_place(self, commitment) -> str:
        return place_in_words(commitment.agreement)

    def dehydrate_late(self, commitment) -> str:
        return str(_("逾期")) if commitment.agreement.state == "in_force" and commitment.is_late else ""
