"""What the desk asks of bodies, their members and meetings; and the parts of the page on which a meeting is run, each a form."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Subject
from gridparty.lib.access import Can, scope_of
from gridparty.lib.addresses import is_key
from gridparty.lib.phone_forms import SentForm, line, one_of
from grids.models import Area
from liaison.actions.meetings import MOST_ITEMS
from liaison.actions.resolutions import NewResolution
from liaison.choices import Check
from liaison.convening import takes_proxies
from liaison.forms.resolutions import case_places
from liaison.models import AgendaItem, Attendance, Body, BodyMember, Meeting, Resolution
from members.forms import in_words
from members.models import Member, Unit
from people.forms import CheckedByAction, StepForm, found_by_typing
from people.models import Person
from services.models import TeamMember

# --- Bodies and their members


class BodyForm(CheckedByAction):
    class Meta:
        model = Body
        fields = ("area", "kind", "name", "organisation", "quorum")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "quorum" in self.fields:
            self.fields["quorum"].help_text = _("有表决权的成员到会达到要求，才能形成决议。")


class BodyMemberForm(CheckedByAction):
    class Meta:
        model = BodyMember
        fields = ("name", "unit", "duty", "chairs", "votes")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "name" in self.fields and self.instance.person_id:
            del self.fields["name"]  # whoever is on record goes by it


class AddMembersForm(StepForm):
    """Members of the party (several at once), a resident, or whoever a unit sends, by name."""

    members = forms.ModelMultipleChoiceField(
        Member.objects.none(),
        label=_("党员"),
        required=False,
        widget=AutocompleteSelectMultiple(TeamMember._meta.get_field("member"), admin.site),
        help_text=_("按姓名、拼音首字母或电话后四位查找，可选多人。"),
    )
    person = found_by_typing(BodyMember, "person", _("居民"), Person.objects.none(), required=False)
    name = forms.CharField(label=_("姓名"), max_length=60, required=False, help_text=_("不是本辖区党员、居民的，填写姓名。"))
    unit = found_by_typing(BodyMember, "unit", _("代表单位"), Unit.objects.none(), required=False)
    duty = forms.CharField(label=_("职务"), max_length=40, required=False)
    chairs = forms.BooleanField(label=_("召集人"), required=False, help_text=_("召集人只有一名，勾选后替换现任召集人。"))
    votes = forms.BooleanField(label=_("有表决权"), required=False, initial=True, help_text=_("列席人员不勾。"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        seen = Member.objects.visible_to(self.user).on_roll().select_related("person", "organisation__community")
        self.fields["members"].queryset = seen.defer("phone", "person__phone", "person__id_number")
        self.fields["members"].label_from_instance = in_words
        self.fields["person"].queryset = Person.objects.visible_to(self.user).select_related("area", "household")
        self.fields["unit"].queryset = Unit.objects.visible_to(self.user).defer("contact_phone")

    def clean(self):
        data = super().clean()
        if not self.errors and not (data["members"] or data["person"] or data["name"].strip()):
            raise forms.ValidationError(gettext("请选择党员或居民，或者填写姓名。"))
        return data


# --- Meetings


class MeetingForm(CheckedByAction):
    """The agenda as lines: what is still open from earlier meetings comes before them by itself."""

    items = forms.CharField(
        label=_("议题"),
        required=False,
        max_length=6000,
        widget=forms.Textarea({"rows": 6, "cols": 60}),
        help_text=_("每行一个议题，最多 %d 项。上次会议没有落实的决议自动列在最前，不用填写。") % MOST_ITEMS,
    )

    class Meta:
        model = Meeting
        fields = ("body", "title", "at", "spot", "note", "items")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if "body" in self.fields:
            self.fields["body"].queryset = Body.objects.editable_by(user).open()
        if "title" in self.fields:
            self.fields["title"].required = False
            self.fields["title"].help_text = _("不填按“会议机制第几次会议”自动命名。")
        if "note" in self.fields:
            self.fields["note"].help_text = _("写入会议通知，如需准备的材料。")
        if self.instance.pk and "items" in self.fields:
            typed = AgendaItem.objects.visible_to(user).filter(meeting=self.instance.pk, resolution=None).order_by("position")
            self.initial["items"] = "\n".join(typed.values_list("title", flat=True))


# --- The page on which a meeting is run


class AttendForm(SentForm):
    """Who came, and for whom somebody else did. `shown` is who was ticked when the page was opened: only what was changed on it
    is entered, so two people may do it at two doors."""

    came = forms.MultipleChoiceField(label=_("到会"), required=False, widget=forms.CheckboxSelectMultiple)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, roll: Sequence[Attendance], meeting: Meeting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["came"].choices = [(str(one.pk), "") for one in roll]
        self.fields["came"].error_messages["invalid_choice"] = _("名单有变，请重新打开本页后再勾选。")
        self.proxied = [one.pk for one in roll] if takes_proxies(meeting.body) else []
        for pk in self.proxied:
            self.fields[f"proxy_{pk}"] = line(gettext("代为参加的人"), required=False, max_length=60, show_hidden_initial=True)
            self.fields[f"proxy_{pk}"].widget.attrs |= {
                "aria-label": gettext("代为参加的人"),
                "placeholder": gettext("代为参加的人"),
            }

    @property
    def came_now(self) -> set[int]:
        return {int(key) for key in self.cleaned_data["came"]}

    @property
    def gone(self) -> set[int]:
        """Who was ticked and is not any more."""
        return {int(key) for key in self.cleaned_data["shown"].split(",") if is_key(key)} - self.came_now

    @property
    def proxies(self) -> dict[int, str]:
        """Of those that were typed or cleared here."""
        names = {f"proxy_{pk}": pk for pk in self.proxied}
        return {names[name]: self.cleaned_data[name] for name in self.changed_data if name in names}


def _text(label: str, *, most: int, rows: int = 3, **options) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "cols": 60, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, widget=widget, **{"required": False} | options)


def _day(label: str, **options) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date", "autocomplete": "off"}, "%Y-%m-%d"), **options)


class CheckForm(SentForm):
    """What became of an earlier resolution."""

    outcome = one_of(
        _("检查结果"), Check.choices, error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择检查结果。"))
    )
    text = _text(_("落实情况"), most=2000, rows=2)
    due_on = _day(_("新的期限"), required=False, help_text=_("继续办理需要延期的填写。"))
    mark = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class NoteForm(SentForm):
    text = _text(_("讨论情况"), most=2000, rows=4)
    mark = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class ItemForm(SentForm):
    title = line(_("新增议题"), max_length=200, error_messages={"required": _("请填写议题。")})


class ResolutionForm(SentForm):
    """What was decided, who sees to it, by when; where it is to become a case, what about and where."""

    text = _text(_("决议内容"), most=300, required=True, error_messages={"required": _("请填写决议内容。")})
    owner = forms.ModelChoiceField(
        BodyMember.objects.none(), label=_("责任人"), empty_label=_("请选择"), error_messages={"required": _("请选择责任人。")}
    )
    due_on = _day(_("完成期限"), error_messages={"required": _("请填写完成期限。")})
    subject = forms.ModelChoiceField(
        Subject.objects.none(),
        label=_("转为民情事件"),
        required=False,
        empty_label=_("不转"),
        help_text=_("需要网格或部门办理的，选择民情类别和发生地，保存后即按事件流程办理。"),
    )
    area = forms.ModelChoiceField(Area.objects.none(), label=_("发生地"), required=False, empty_label=_("请选择"))
    mark = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(
        self, *args, meeting: Meeting, user, members: Sequence[BodyMember], resolution: Resolution | None = None, **kwargs
    ):
        super().__init__(*args, **kwargs)
        ours = BodyMember.objects.visible_to(user).current().filter(body=meeting.body_id)
        if resolution:  # whose it is may have left since
            ours |= BodyMember.objects.visible_to(user).filter(pk=resolution.owner_id)
        self.fields["owner"].queryset = ours
        self.fields["owner"].choices = [("", _("请选择")), *((one.pk, member_in_words(one)) for one in members)]
        if (resolution and resolution.case_id) or not scope_of(user).has(Can.KEEP_JOURNAL):
            del self.fields["subject"], self.fields["area"]
            return
        self.fields["subject"].queryset = Subject.objects.visible_to(user).filter(in_use=True)
        self.fields["area"].queryset = case_places(meeting, user)

    def clean(self):
        data = super().clean()
        if bool(data.get("subject")) != bool(data.get("area")) and not {"subject", "area"} & set(self.errors):
            self.add_error("area", _("转为民情事件的，民情类别和发生地都要选择；不转的都不选。"))
        return data

    def new(self) -> NewResolution:
        data = self.cleaned_data
        return NewResolution(data["text"], data["owner"], data["due_on"], data.get("subject"), data.get("area"))


class WithdrawForm(SentForm):
    reason = line(_("撤回原因"), max_length=200, error_messages={"required": _("请写明撤回的原因。")})


class MinutesForm(SentForm):
    minutes = _text(
        _("会议综述"), most=3000, rows=6, help_text=_("会议概况、领导讲话等；各议题的讨论情况已写在议题里，可以不填。")
    )
    recorder = line(_("记录人"), required=False, max_length=60)
    mark = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


def member_in_words(member: BodyMember) -> str:
    """王主任（市第一中学，办公室主任）."""
    beside = "，".join(filter(None, [member.unit.name if member.unit else "", member.duty]))
    return f"{member.called}（{beside}）" if beside else member.called
