"""What is typed about an import: the file with its register, and what was wrongly understood of it."""

import json
import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.access import Can
from gridparty.lib.roster import Roster
from grids.choices import AreaKind
from grids.models import Area
from rosters.engine import all_rosters
from rosters.models import Import

NARROW = ("community", "grid")  # who works in a community chooses among its grids, too


class AreaChoice(forms.ModelChoiceField):
    def label_from_instance(self, area) -> str:
        return f"{area.community.name} / {area.name}" if area.kind == AreaKind.GRID and area.community else area.name


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("名单种类"), error_messages={"required": gettext_lazy("请选择这份名单的种类。")})
    area = AreaChoice(
        Area.objects.none(),
        label=gettext_lazy("所属区域"),
        required=False,
        empty_label=gettext_lazy("不指定"),
        help_text=gettext_lazy("名单里的地名先在这个区域里查找。"),
    )
    file = forms.FileField(
        label=gettext_lazy("文件"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv,.txt"}),
        error_messages={"required": gettext_lazy("请选择要上传的文件。"), "empty": gettext_lazy("文件是空的，请重新选择。")},
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("请选择")), *((one.kind, one.label) for one in all_rosters())]
        reaches = user.scope.reaches(Can.IMPORT_ROSTERS)
        narrow = bool(reaches) and all(reach.column in NARROW for reach in reaches)
        kinds = [AreaKind.COMMUNITY, AreaKind.GRID] if narrow else [AreaKind.COMMUNITY]
        self.fields["area"].queryset = _areas(user, kinds)
        if len(reaches) == 1 and narrow:
            self.fields["area"].initial = reaches[0].area_id


def _areas(user, kinds):
    rows = Area.objects.visible_to(user).reached_by(user, Can.IMPORT_ROSTERS)
    return rows.filter(kind__in=kinds).open().select_related("community").order_by("tree_id", "lft")


class MatchForm(forms.Form):
    """What was understood of the file, to be corrected. `corrections` holds what differs, and what was corrected before."""

    sheets = forms.CharField(
        label=gettext_lazy("要读取的工作表"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("一行写一张工作表的名称；空着由系统自己找。"),
    )
    header_rows = forms.CharField(
        label=gettext_lazy("表头在第几行"),
        required=False,
        help_text=gettext_lazy("Excel 左侧的行号，例如 3；表头占两行时写 3、4；空着由系统自己找。"),
    )

    def __init__(self, *args, imported: Import, register: Roster, understood: dict, **kwargs):
        super().__init__(*args, **kwargs)
        self.before = json.loads(imported.chosen)
        columns, suggested = understood.get("columns", {}), understood.get("suggestions", {})
        self.shown = {name: self.before.get(name) or understood.get(name, []) for name in ("sheets", "header_rows")}
        self.shown["columns"] = columns | self.before.get("columns", {})
        self.fields["sheets"].initial = "\n".join(self.shown["sheets"])
        self.fields["header_rows"].initial = "、".join(map(str, self.shown["header_rows"]))
        headings = list(dict.fromkeys([*columns.values(), *understood.get("unmatched", ())]))
        for column in register.columns if headings else ():
            self.fields[f"column_{column.field}"] = forms.ChoiceField(
                label=column.label,
                required=False,
                choices=[("", _("不在文件中")), *((heading, heading) for heading in headings)],
                initial=self.shown["columns"].get(column.field, ""),
                help_text=_("可能是“%(heading)s”") % {"heading": suggested[column.field]} if column.field in suggested else "",
            )

    def column_fields(self):
        return [self[name] for name in self.fields if name.startswith("column_")]

    def clean_sheets(self) -> list[str]:
        return [line.strip("\r") for line in self.cleaned_data["sheets"].split("\n") if line.strip()]

    def clean_header_rows(self) -> list[int]:
        text = self.cleaned_data["header_rows"]
        if not re.fullmatch(r"[\d\s、，,和]{0,20}", text, re.ASCII):
            raise forms.ValidationError(_("应为行号，例如 3；表头占两行时写 3、4。"))
        return [int(number) for number in re.findall(r"\d{1,7}", text)]

    def clean(self):
        taken: dict[str, str] = {}
        for field in self.column_fields():
            heading = self.cleaned_data.get(field.name)
            if heading and heading in taken:
                words = {"heading": heading, "other": taken[heading], "label": field.label}
                self.add_error(
                    field.name,
                    _("“%(heading)s”已对应“%(other)s”，请把“%(other)s”或“%(label)s”改为其他表头或“不在文件中”。") % words,
                )
            taken.setdefault(heading, field.label)
        return self.cleaned_data

    @property
    def corrections(self) -> dict:
        """The arguments of match_columns."""
        given, columns = self.cleaned_data, dict(self.before.get("columns", {}))
        for field in self.column_fields():
            name = field.name.removeprefix("column_")
            if given[field.name] != self.shown["columns"].get(name, ""):
                columns[name] = given[field.name]
        same = {name: given[name] == self.shown[name] for name in ("sheets", "header_rows")}
        return {name: self.before.get(name, []) if same[name] else given[name] for name in same} | {"columns": columns}
