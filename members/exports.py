"""The columns of exported lists, under headings the registers know: edited, the files are read in again.

Phones go out as their last digits: those of units under a heading no register takes for a number.
"""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from people.queries import tail


class UnitResource(Resource):
    name = Field("name", _("单位名称"))
    kind = Field("get_kind_display", _("单位类型"))
    credit_code = Field("credit_code", _("统一社会信用代码"))
    community = Field("community__name", _("所在社区"))
    area = Field("area__name", _("所在区域"))
    address = Field("address", _("地址"))
    head = Field("head", _("负责人"))
    contact_name = Field("contact_name", _("联系人"))
    phone_end = Field(column_name=_("电话后四位"))
    staff_count = Field("staff_count", _("职工人数"))
    offers = Field(column_name=_("可提供资源"))
    needs = Field(column_name=_("需求"))
    organised = Field(column_name=_("本单位党组织"))

    def dehydrate_phone_end(self, unit) -> str:
        return tail(unit.contact_tail)

    def dehydrate_offers(self, unit) -> str:
        return unit.offers.replace("\n", "；")

    def dehydrate_needs(self, unit) -> str:
        return unit.needs.replace("\n", "；")

    def dehydrate_organised(self, unit) -> str:
        return "；".join(organisation.full_name for organisation in unit.organised_as)


class OrganisationResource(Resource):
    related = ("parent", "unit")

    full_name = Field("full_name", _("党组织名称"))
    name = Field("name", _("简称"))
    kind = Field("get_kind_display", _("组织类别"))
    parent = Field("parent__full_name", _("上级党组织"))
    community = Field("community__name", _("所在社区"))
    area = Field("area__name", _("所在区域"))
    unit = Field("unit__name", _("所属单位"))
    founded_on = Field("founded_on", _("成立日期"))
    elected_on = Field("elected_on", _("本届选举日期"))
    term_years = Field("term_years", _("任期"))
    on_roll = Field("on_roll", _("在册党员"))


class MemberResource(Resource):
    """Rows as the list makes them: `place_seen` says whose home the reader may know."""

    record = Field("pk", _("编号"))
    name = Field("name", _("姓名"))
    sex = Field(column_name=_("性别"))
    organisation = Field("organisation__full_name", _("所在党组织"))
    standing = Field("get_standing_display", _("党籍"))
    member_class = Field("member_class__name", _("党员类别"))
    mode = Field("mode__name", _("管理方式"))
    place = Field(column_name=_("居住地"))
    state = Field("get_state_display", _("在册情况"))
    phone_end = Field(column_name=_("联系电话"))

    def dehydrate_sex(self, member) -> str:
        return "" if member.known_as else member.person.get_sex_display()

    def dehydrate_place(self, member) -> str:
        places = (member.community, member.area) if member.place_seen else ()
        return " / ".join(dict.fromkeys(one.name for one in places if one))

    def dehydrate_phone_end(self, member) -> str:
        return tail(member.phone_tail if member.known_as else member.person.phone_tail)


class BalanceResource(Resource):
    """The board as it stands, in its order; names as the list shows them."""

    record = Field("pk", _("编号"))
    place = Field(column_name=_("名次"))
    year = Field("year", _("年度"))
    name = Field("member__name", _("姓名"))
    organisation = Field("organisation__full_name", _("所在党组织"))
    member_class = Field("member_class__name", _("党员类别"))
    base = Field("base", _("基础分"))
    counted = Field("counted", _("计入得分"))
    earned = Field("earned", _("累计得分"))
    lost = Field("lost", _("封顶未计"))
    total = Field("total", _("总分"))

    def __init__(self, **options):
        super().__init__(**options)
        self._number, self._place, self._total = 0, 0, None

    def dehydrate_place(self, balance):
        """Counted along, for the rows come in parts; of who was looked up by name nobody can tell."""
        self._number += 1
        if balance.total != self._total:
            self._place, self._total = self._number, balance.total
        return self._place if hasattr(balance, "place_shown") else ""


class EntryResource(Resource):
    """Lines of the ledger; what was said of them stays at the desk."""

    record = Field("pk", _("编号"))
    on = Field("on", _("日期"))
    name = Field("balance__member__name", _("姓名"))
    organisation = Field("balance__organisation__full_name", _("所在党组织"))
    code = Field("item__code", _("项目编号"))
    item = Field("item__name", _("项目"))
    quantity = Field("quantity", _("数量"))
    points = Field("points", _("分值"))
    state = Field("get_state_display", _("状态"))
    appeal = Field("get_appeal_display", _("申诉"))
    decided_by = Field("decided_by__name", _("审核人"))
