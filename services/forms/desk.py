"""What the desk asks: posts with their shifts, teams, activities, and with the steps of them, of claims and of hours."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from members.forms import in_words
from members.models import Member, MemberClass
from people.forms import CheckedByAction, StepForm, day_field
from people.models import Skill
from services.choices import SignUpState
from services.models import Activity, PostClass, PostKind, PostShift, PostSkill, ServicePost, SignUp, Team, TeamMember

LONGEST = 200


def _text(label, *, longest: int = LONGEST, required: bool = True, help_text="") -> forms.CharField:
    widget = forms.Textarea({"rows": 3, "cols": 60})
    return forms.CharField(label=label, required=required, max_length=longest, widget=widget, help_text=help_text)


def _ticks(label, help_text, empty) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        empty, label=label, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text
    )


# --- Posts


class PostForm(CheckedByAction):
    duties = _text(_("岗位职责"), longest=500)
    skills = _ticks(_("所需特长"), _("有其中一项即可认领；不勾为不限。"), Skill.objects.none())
    classes = _ticks(_("适用类别"), _("不勾为全部类别。"), MemberClass.objects.none())

    class Meta:
        model = ServicePost
        fields = ("area", "kind", "title", "duties", "spot", "places", "origin", "starts_on", "ends_on", "claim_until")
        fields += ("withdraw_days", "skills", "classes")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        asked = PostSkill.objects.visible_to(user).filter(post=self.instance.pk)
        self.fields["skills"].queryset = Skill.objects.visible_to(user).order_by("pk")
        self.initial["skills"] = list(asked.values_list("skill", flat=True)) if self.instance.pk else []
        if "kind" in self.fields:  # those of a published post stay
            kinds = PostKind.objects.visible_to(user)
            self.fields["kind"].queryset = kinds.filter(in_use=True) | kinds.filter(pk=self.instance.kind_id)
            self._offer_classes(user)
        else:
            del self.fields["classes"]

    def _offer_classes(self, user):
        classes = MemberClass.objects.visible_to(user).select_related("scheme").order_by("scheme", "pk")
        self.fields["classes"].queryset = classes
        self.fields["classes"].label_from_instance = lambda one: f"{one.scheme.name}：{one.name}"
        whom = PostClass.objects.visible_to(user).filter(post=self.instance.pk)
        self.initial["classes"] = list(whom.values_list("member_class", flat=True)) if self.instance.pk else []


class ShiftForm(forms.ModelForm):
    """A line: every week on a weekday, or once on a day. What concerns several lines is said by the action."""

    class Meta:
        model = PostShift
        fields = ("weekday", "on", "begins", "ends")

    def clean(self):
        data = super().clean()
        if not self.errors and (data.get("weekday") is None) == (data.get("on") is None):
            raise forms.ValidationError(gettext("请选择每周的星期几，或者填写一个日期，二者填一。"))
        if not self.errors and data["ends"] <= data["begins"]:
            raise forms.ValidationError(gettext("结束时间不晚于开始时间，请核对。"))
        return data

    def _post_clean(self):
        pass


class ReasonForm(StepForm):
    reason = _text(_("原因"), help_text=_("对方会看到。"))


class AbsenceForm(StepForm):
    on = day_field(_("未到日期"))
    note = _text(_("情况"), required=False)


class AnswerForm(StepForm):
    excuse = forms.TypedChoiceField(
        label=_("结论"),
        choices=[("yes", _("谅解，不再计为未到")), ("no", _("维持记录"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = _text(_("答复"), required=False, help_text=_("本人会看到。"))


# --- Teams


class TeamForm(CheckedByAction):
    class Meta:
        model = Team
        fields = ("area", "name", "purpose", "leader", "founded_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        leaders = self.fields["leader"].queryset.select_related("person", "organisation__community")
        self.fields["leader"].queryset = leaders.defer("phone", "person__phone", "person__id_number")
        if not self.instance.pk:
            self.initial.setdefault("founded_on", today())


class JoinForm(StepForm):
    """Members looked up by typing."""

    members = forms.ModelMultipleChoiceField(
        Member.objects.none(),
        label=_("党员"),
        widget=AutocompleteSelectMultiple(TeamMember._meta.get_field("member"), admin.site),
        help_text=_("按姓名、拼音首字母或电话后四位查找，可选多人。"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        seen = Member.objects.visible_to(self.user).on_roll().select_related("person", "organisation__community")
        self.fields["members"].queryset = seen.defer("phone", "person__phone", "person__id_number")
        self.fields["members"].label_from_instance = in_words


class LeaveForm(StepForm):
    places = forms.ModelMultipleChoiceField(TeamMember.objects.none(), label=_("退出的队员"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        places = TeamMember.objects.visible_to(self.user).filter(team=self.row, left_on=None)
        self.fields["places"].queryset = places.select_related("member__person").order_by("pk")
        self.fields["places"].label_from_instance = lambda place: place.member.name


# --- Activities


class ActivityForm(CheckedByAction):
    text = _text(_("活动内容"), longest=500, required=False)

    class Meta:
        model = Activity
        fields = ("area", "team", "title", "on", "begins", "ends", "spot", "text", "places", "sign_up_until")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        teams = Team.objects.visible_to(user)
        if "team" in self.fields:
            self.fields["team"].queryset = teams.open() | teams.filter(pk=self.instance.team_id)


class TickForm(StepForm):
    """Who came: those who signed up, and others looked up by typing. Who is ticked no more did not come (`gone`)."""

    there = forms.ModelMultipleChoiceField(
        SignUp.objects.none(), label=_("到场人员"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = forms.ModelMultipleChoiceField(
        Member.objects.none(),
        label=_("未报名到场"),
        required=False,
        widget=AutocompleteSelectMultiple(SignUp._meta.get_field("member"), admin.site),
        help_text=_("按姓名、拼音首字母或电话后四位查找，可选多人。"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        signed = SignUp.objects.visible_to(self.user).filter(activity=self.row, state=SignUpState.SIGNED).order_by("pk")
        self.fields["there"].queryset = signed.select_related("member__person", "member__organisation__community")
        self.initial["there"] = list(signed.exclude(attended="").values_list("pk", flat=True))
        self.fields["there"].label_from_instance = lambda one: in_words(one.member)
        seen = Member.objects.visible_to(self.user).on_roll().select_related("person", "organisation__community")
        self.fields["others"].queryset = seen.defer("phone", "person__phone", "person__id_number")
        self.fields["others"].label_from_instance = in_words

    def clean(self):
        data = super().clean()
        ticked = {one.pk for one in data.get("there", ())}
        data["gone"] = [one for one in self.fields["there"].queryset if one.attended and one.pk not in ticked]
        if not self.errors and not (data["there"] or data["others"] or data["gone"]):
            raise forms.ValidationError(gettext("请勾选到场人员。"))
        return data
