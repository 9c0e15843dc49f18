"""The forms of activities on the phone: what is held, who came, pictures, why it is cancelled."""

import re
from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.phone_forms import SentForm, day, line, photos, words
from grids.models import Area
from members.models import Member
from services.actions.activities import MOST_PHOTOS
from services.gatherings import by_name
from services.models import Activity, SignUp, Team


def at(label: str, **options) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time", "autocomplete": "off"}, "%H:%M")
    return forms.TimeField(label=label, **{"widget": widget} | options)


class ActivityForm(SentForm):
    """What, where and when; `areas` and `teams` are those the user may choose."""

    title = line(gettext_lazy("活动名称"), max_length=40, error_messages={"required": gettext_lazy("请填写活动名称。")})
    spot = line(gettext_lazy("集合地点"), max_length=60, error_messages={"required": gettext_lazy("请填写集合地点。")})
    on = day(gettext_lazy("活动日期"))
    begins = at(gettext_lazy("开始时间"))
    ends = at(gettext_lazy("结束时间"))
    places = forms.IntegerField(
        label=gettext_lazy("名额"),
        required=False,
        min_value=1,
        max_value=5000,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("不填为不限。"),
    )
    sign_up_until = day(gettext_lazy("报名截止"), required=False, initial=None, help_text=gettext_lazy("不填为活动当天。"))
    text = words(gettext_lazy("活动内容"), required=False, help_text=gettext_lazy("可不填，如做什么、带什么。"))

    def __init__(self, *args, areas: Sequence[Area], teams: Sequence[Team], **kwargs):
        super().__init__(*args, **kwargs)
        by_area, by_team = {str(one.pk): one for one in areas}, {str(one.pk): one for one in teams}
        self.fields["area"] = _chosen(_("所在区域"), by_area, [(key, _full(one)) for key, one in by_area.items()])
        if teams:
            names = [("", _("不由服务队组织")), *((key, one.name) for key, one in by_team.items())]
            self.fields["team"] = _chosen(_("服务队"), by_team, names, required=False)

    def values(self) -> dict:
        """As services.actions.NewActivity has them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "form_id"}


def _chosen(label: str, rows: dict, choices: list, **options) -> forms.TypedChoiceField:
    errors = dict.fromkeys(("required", "invalid_choice"), _("请选择。"))
    widget = forms.Select({"autocomplete": "off"})
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=rows.__getitem__, empty_value=None, widget=widget, error_messages=errors, **options
    )


def _full(area: Area) -> str:
    return f"{area.parent.name} {area.name}" if area.parent else area.name


class TickForm(SentForm):
    """Who came: ticked on the list, or typed by name. `were` are those that were ticked when the page was made."""

    others = line(
        gettext_lazy("没有报名但到场的党员"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("填姓名，多人用空格或顿号分开，如“张三、李四”。"),
    )

    def __init__(self, *args, activity: Activity, roll: Sequence[SignUp], **kwargs):
        super().__init__(*args, **kwargs)
        self.activity = activity
        self.members = {str(one.member_id): one.member for one in roll}
        ticked = [str(one.member_id) for one in roll if one.attended]
        choices = [(key, key) for key in self.members]
        errors = {"invalid_choice": _("其中有已退出报名的人，请刷新后重新勾选。")}
        self.fields["came"] = forms.MultipleChoiceField(
            required=False, choices=choices, initial=ticked, error_messages=errors, widget=forms.CheckboxSelectMultiple
        )
        self.fields["were"] = forms.MultipleChoiceField(
            required=False, choices=choices, initial=ticked, error_messages=errors, widget=forms.MultipleHiddenInput
        )

    def clean_others(self) -> list[Member]:
        names = [name for name in re.split(r"[\s,，、;；]+", self.cleaned_data["others"]) if name]
        found = by_name(self.activity.area, names)
        for name, rows in found.items():
            if not rows:
                raise forms.ValidationError(_("“%(name)s”不是活动所在社区的在册党员，请核对姓名。"), params={"name": name})
            if len(rows) > 1:
                words = {"name": name, "n": len(rows)}
                raise forms.ValidationError(_("有 %(n)d 位“%(name)s”，请让本人扫码签到。"), params=words)
        return [rows[0] for rows in found.values()]

    @property
    def came(self) -> list[Member]:
        return [self.members[key] for key in self.cleaned_data["came"]] + self.cleaned_data["others"]

    @property
    def gone(self) -> list[Member]:
        """Those whose tick was taken off, not those who were ticked meanwhile by somebody else."""
        return [self.members[key] for key in self.cleaned_data["were"] if key not in self.cleaned_data["came"]]


class PhotosForm(SentForm):
    photos = photos(
        gettext_lazy("添加照片"), MOST_PHOTOS, required=True, error_messages={"required": gettext_lazy("请选择要上传的照片。")}
    )


class CancelForm(SentForm):
    reason = words(
        gettext_lazy("取消原因"),
        max_length=200,
        help_text=gettext_lazy("不超过 200 字，报名的人会看到。"),
        error_messages={"required": gettext_lazy("请填写取消的原因，报名的人会看到。")},
    )


class AttendForm(SentForm):
    """`token`: the pass of this page (gatherings.pass_of), so that a slow hand is not refused."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=200)
