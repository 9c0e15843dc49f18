"""The columns of the list of people as the register of residents knows them: edited, the file is read in again.

Numbers go out masked as the list masks them; read in, they mean what is on record.
"""

from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource

from grids.choices import AreaKind
from people.queries import age, tail


class PersonResource(Resource):
    related = ("area", "household", "community", "grid")

    record = Field("pk", _("编号"))
    name = Field("name", _("姓名"))
    sex = Field("get_sex_display", _("性别"))
    years = Field(column_name=_("年龄"))
    id_end = Field(column_name=_("证件号码"))
    phone_end = Field(column_name=_("联系电话"))
    community = Field("community__name", _("社区"))
    grid = Field(column_name=_("网格"))
    building = Field(column_name=_("楼栋"))
    unit = Field("household__unit", _("单元"))
    room = Field("household__room", _("室号"))
    relation = Field("get_relation_display", _("与户主关系"))
    care = Field(column_name=_("关爱"))

    def dehydrate_years(self, person):
        return _("已去世") if person.died_on else age(person)

    def dehydrate_id_end(self, person) -> str:
        return tail(person.id_tail[1:])

    def dehydrate_phone_end(self, person) -> str:
        return tail(person.phone_tail)

    def dehydrate_grid(self, person) -> str:
        """The innermost, where the place is one."""
        grid = person.area if person.area and person.area.kind == AreaKind.GRID else person.grid
        return grid.name if grid else ""

    def dehydrate_building(self, person) -> str:
        return person.area.name if person.area and person.area.kind == AreaKind.BUILDING else ""

    def dehydrate_care(self, person) -> str:
        return " ".join(one.care_class.name for one in person.current_care)
