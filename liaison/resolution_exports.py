"""The columns of exported lists of resolutions."""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from liaison.mine import followed


class ResolutionResource(Resource):
    record = Field("pk", _("编号"))
    meeting = Field("meeting__title", _("会议"))
    number = Field("number", _("序号"))
    text = Field("text", _("决议内容"))
    owner = Field("owner__called", _("责任人"))
    unit = Field("owner__unit__name", _("单位"))
    due_on = Field("due_on", _("完成期限"))
    state = Field(column_name=_("状态"))
    case = Field("case__number", _("民情事件"))
    done_on = Field("done_on", _("落实日期"))
    came_of_it = Field(column_name=_("落实情况"))

    def dehydrate_state(self, row) -> str:
        return followed(row).word

    def dehydrate_came_of_it(self, row) -> str:
        return followed(row).came_of_it
