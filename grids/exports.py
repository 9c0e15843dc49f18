"""The columns of exported lists, under headings the register of areas knows: edited, the file is read in again."""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource


class AreaResource(Resource):
    related = ("parent",)

    level = Field("get_kind_display", _("级别"))
    name = Field("full_name", _("名称"))
    code = Field("code", _("编码"))
    parent_code = Field("parent__code", _("上级编码"))
    opened_on = Field("opened_on", _("设立日期"))
    closed_on = Field("closed_on", _("撤销日期"))
