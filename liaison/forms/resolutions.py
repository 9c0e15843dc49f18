"""What those who take part answer to an invitation and report of a resolution; and what the desk asks of resolutions."""

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Subject
from gridparty.lib.access import Can
from gridparty.lib.phone_forms import SentForm, line, one_of, words
from grids.choices import AreaKind
from grids.models import Area
from liaison.choices import Reply
from liaison.convening import takes_proxies
from liaison.models import Attendance, Resolution
from people.forms import StepForm

_NO_REPLY = dict.fromkeys(("required", "invalid_choice"), _("请选择是否参加。"))
_PLACES = (AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.BUILDING)


# --- On the phone and by link


class ReplyForm(SentForm):
    """参加、委托、请假; may be changed until the meeting is held."""

    reply = one_of(_("您是否参加"), Reply.choices, error_messages=_NO_REPLY)
    proxy = line(_("受委托人"), required=False, max_length=60, help_text=_("选“委托他人参加”的，请填写姓名。"))
    reason = line(_("请假事由"), required=False, max_length=100, help_text=_("选“请假”的请填写，如“出差”。"))

    def __init__(self, *args, attendance: Attendance, **kwargs):
        initial = {name: getattr(attendance, name) for name in ("reply", "proxy", "reason")}
        super().__init__(*args, initial=initial, **kwargs)
        if not takes_proxies(attendance.meeting.body):
            self.fields["reply"].choices = [choice for choice in Reply.choices if choice[0] != Reply.PROXY]
            del self.fields["proxy"]

    def clean(self):
        data = super().clean()
        asked = {Reply.PROXY: ("proxy", _("请填写受委托人姓名。")), Reply.EXCUSED: ("reason", _("请填写请假事由。"))}
        name, missing = asked.get(data.get("reply"), ("", ""))
        if name and not data.get(name) and name not in self.errors:
            self.add_error(name, missing)
        return data

    def said(self) -> dict:
        """What goes with the reply that was chosen, and nothing left over from another."""
        data = self.cleaned_data
        goes_with = {Reply.PROXY: "proxy", Reply.EXCUSED: "reason"}
        return {"reply": data["reply"]} | {
            name: data.get(name, "") if goes_with.get(data["reply"]) == name else "" for name in ("proxy", "reason")
        }


class ReportForm(SentForm):
    text = words(
        _("落实情况"),
        help_text=_("做了什么、结果怎样，不写居民姓名和电话。提交后由社区核实。"),
        error_messages={"required": _("请写明落实情况：做了什么、结果怎样。")},
    )

    def __init__(self, *args, resolution: Resolution, **kwargs):
        super().__init__(*args, initial={"text": resolution.done_text}, **kwargs)  # one that was returned is gone on from


# --- At the desk


class WhyForm(StepForm):
    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        widget=forms.TextInput({"class": "vLargeTextField"}),
        error_messages={"required": _("请写明原因。")},
    )


class ExtendForm(WhyForm):
    due_on = forms.DateField(label=_("新的期限"), widget=AdminDateWidget)
    field_order = ("due_on", "reason")


class FinishForm(StepForm):
    text = forms.CharField(
        label=_("落实情况"),
        max_length=500,
        widget=forms.Textarea({"rows": 4, "cols": 60}),
        error_messages={"required": _("请写明落实情况。")},
    )


class CaseForm(StepForm):
    """Where and what: the case is opened within the area of the meeting, where the user may open one."""

    area = forms.ModelChoiceField(Area.objects.none(), label=_("发生地"), error_messages={"required": _("请选择发生地。")})
    subject = forms.ModelChoiceField(
        Subject.objects.none(), label=_("类别"), error_messages={"required": _("请选择类别。")}, empty_label=_("请选择")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = case_places(self.row.meeting, self.user)
        self.fields["area"].label_from_instance = _named
        self.fields["subject"].queryset = Subject.objects.visible_to(self.user).filter(in_use=True)
        if self.row.meeting.area.kind in _PLACES:
            self.fields["area"].initial = self.row.meeting.area_id


def case_places(meeting, user):
    """Where a case of this meeting may be opened by this user: communities, grids and, of one community, its buildings."""
    kinds = _PLACES if meeting.community_id else _PLACES[:2]
    rows = Area.objects.visible_to(user).reached_by(user, Can.KEEP_JOURNAL).open().within(meeting.area)
    return rows.filter(kind__in=kinds).select_related("community", "grid").order_by("tree_id", "lft")


def _named(area: Area) -> str:
    above = [place.name for place in (area.community, area.grid) if place is not None and place.pk != area.pk]
    name = area.name if area.kind == AreaKind.BUILDING else gettext("%s（公共区域）") % area.name
    return " ".join([*above, name])
