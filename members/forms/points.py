"""The forms of points at the desk: a year's scheme and its parts, its steps, deciding entries, a meeting by ticking names."""

import uuid

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.choices import AreaKind
from grids.models import Area
from members.actions.schemes import NOTICE_DAYS
from members.choices import LIVE, ON_ROLL, PROPOSING, Feed
from members.models import ExemptClass, ItemClass, Member, MemberClass, NamedDay, PointCategory, PointItem, PointScheme
from members.points import items_for, scheme_of, schemes_in_force
from people.forms import CheckedByAction, StepForm, day_field


def _classes_of(user) -> forms.ModelMultipleChoiceField:
    """Classes to tick, named with their scheme where there are several."""
    field = forms.ModelMultipleChoiceField(_classes(user), required=False, widget=forms.CheckboxSelectMultiple)
    field.label_from_instance = _class_label
    return field


def _classes(user):
    return MemberClass.objects.visible_to(user).select_related("scheme").order_by("scheme", "pk")


def _class_label(one: MemberClass) -> str:
    return f"{one.scheme.name}：{one.name}"


# --- Schemes


def scheme_label(scheme: PointScheme) -> str:
    if scheme.area is None:
        return gettext("示例：%(name)s") % {"name": scheme.name}
    words = {"area": scheme.area.name, "year": scheme.year, "name": scheme.name, "state": scheme.get_state_display()}
    return gettext("%(area)s %(year)d年：%(name)s（%(state)s）") % words


class DraftForm(CheckedByAction):
    """What a draft begins with: an example, an earlier year's scheme, or the version in force that is to be revised."""

    source = forms.ModelChoiceField(
        PointScheme.objects.none(), label=_("以此为底稿"), help_text=_("起草后逐项修改，发布前不生效。")
    )

    class Meta:
        model = PointScheme
        fields = ("source", "area", "year", "name")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        sources = PointScheme.objects.visible_to(user).filter(Q(area=None) | Q(state__in=sorted(LIVE)))
        self.fields["source"].queryset = sources.select_related("area").order_by("-year", "area", "pk")
        self.fields["source"].label_from_instance = scheme_label
        areas = Area.objects.visible_to(user).reached_by(user, Can.SET_POINTS).open()
        self.fields["area"].queryset = areas.filter(kind__in=(AreaKind.DISTRICT, AreaKind.STREET)).order_by("code")
        self.fields["area"].required = self.fields["year"].required = True
        self.fields["name"].required = False
        self.fields["name"].help_text = _("不填与底稿相同。")
        self.initial.setdefault("year", today().year)


class SchemeForm(CheckedByAction):
    exempt = forms.ModelMultipleChoiceField(MemberClass.objects.none(), label=_("不参加积分的类别"), required=False)
    floor = PointScheme._meta.get_field("floor").formfield(help_text=_("总分不会低于此数，一般为0。"))

    class Meta:
        model = PointScheme
        fields = ("name", "base", "ceiling", "floor", "note")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        label = self.fields["exempt"].label
        self.fields["exempt"] = _classes_of(user)
        self.fields["exempt"].label = label
        self.fields["exempt"].help_text = _("这些类别的党员不积分、不排名。")
        held = ExemptClass.objects.visible_to(user).filter(scheme=self.instance)
        self.initial["exempt"] = list(held.values_list("member_class", flat=True))


class CategoryForm(CheckedByAction):
    """The name and cap of one category, on the page of its items."""

    class Meta:
        model = PointCategory
        fields = ("name", "cap", "position")

    def clean_cap(self):
        return _positive(self.cleaned_data["cap"])


class PartForm(forms.ModelForm):
    """A line of a scheme: constraints of one line are said here, what concerns several by the action."""

    def clean_cap(self):
        return _positive(self.cleaned_data["cap"])


def _positive(cap):
    if cap is not None and cap <= 0:
        raise forms.ValidationError(gettext("封顶填正数；不封顶的留空。"))
    return cap


class CategoryLineForm(PartForm):
    class Meta:
        model = PointCategory
        fields = ("name", "cap", "position")


class NamedDayForm(forms.ModelForm):
    class Meta:
        model = NamedDay
        fields = ("name", "first_on", "last_on", "factor")
        widgets = {"first_on": AdminDateWidget, "last_on": AdminDateWidget}

    def clean_factor(self):
        if self.cleaned_data["factor"] <= 0:
            raise forms.ValidationError(gettext("倍数应大于0，如 2。"))
        return self.cleaned_data["factor"]

    def clean(self):
        data = super().clean()
        first, last = data.get("first_on"), data.get("last_on")
        if first and last and last < first:
            raise forms.ValidationError(gettext("截止日期早于开始日期，请核对。"))
        return data


class ItemForm(PartForm):
    """An item with the classes it is for; the formset gives all lines the same list of classes."""

    classes = forms.MultipleChoiceField(
        label=_("适用类别"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("不勾为全部类别。")
    )

    class Meta:
        model = PointItem
        fields = ("code", "name", "points", "per", "cap", "cap_period", "proposer", "approver", "feed", "position")

    def clean_points(self):
        if self.cleaned_data["points"] == 0:
            raise forms.ValidationError(gettext("分值不能为0；扣分填负数。"))
        return self.cleaned_data["points"]


class ItemFormSet(forms.BaseInlineFormSet):
    """The items of a category; classes and what is ticked are read once for all lines."""

    user = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.classes = list(_classes(self.user))
        self.choices = [(str(one.pk), _class_label(one)) for one in self.classes]
        self.ticked: dict[int, list[str]] = {}
        held = ItemClass.objects.visible_to(self.user).filter(item__category=self.instance) if self.instance.pk else ()
        for one in held:
            self.ticked.setdefault(one.item_id, []).append(str(one.member_class_id))

    def clean(self):
        """Of the lines of this page; the action looks at the other categories, too."""
        super().clean()
        kept = [line.cleaned_data for line in self.forms if getattr(line, "cleaned_data", None)]
        feeds = [line["feed"] for line in kept if line.get("feed") and not line.get("DELETE")]
        if twice := next((one for one in feeds if feeds.count(one) > 1), None):
            raise forms.ValidationError(gettext("按“%(feed)s”自动记分的项目只能有一项。") % {"feed": Feed(twice).label})

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["classes"].choices = self.choices
        form.initial["classes"] = self.ticked.get(form.instance.pk, [])


# --- Steps of a year


class PublishForm(StepForm):
    """The hidden number makes two clicks one job."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class ReviseForm(StepForm):
    name = forms.CharField(label=_("新版名称"), max_length=60, required=False, help_text=_("不填与现行版相同。"))


class AnnounceForm(StepForm):
    until = forms.DateField(label=_("公示至"), widget=AdminDateWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["until"].help_text = _("自今日起不少于 %(days)d 天。") % {"days": NOTICE_DAYS}


class ReopenForm(StepForm):
    reason = forms.CharField(label=_("重新打开的原因"), max_length=200)


# --- The ledger


class RefusalForm(forms.Form):
    reason = forms.CharField(label=_("不通过的原因"), max_length=200, help_text=_("申报人会看到。"))


class StepReasonForm(StepForm):
    reason = forms.CharField(label=_("原因"), max_length=200)


class AnswerForm(StepForm):
    uphold = forms.TypedChoiceField(
        label=_("结论"),
        choices=[("yes", _("申诉成立")), ("no", _("申诉不成立"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(label=_("答复"), max_length=200, help_text=_("申诉人会看到。"))


class MeetingForm(StepForm):
    """A meeting: what it was, and who was there, by ticking names."""

    title = forms.CharField(label=_("会议或活动"), max_length=30, help_text=_("如：3月支部党员大会。同一事项每人只记一次。"))
    on = day_field(_("日期"))
    item = forms.TypedChoiceField(label=_("积分项目"))
    quantity = forms.DecimalField(label=_("数量"), initial=1, min_value=0, max_digits=6, decimal_places=1)
    members = forms.ModelMultipleChoiceField(
        Member.objects.none(),
        label=_("参加人员"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请勾选参加人员。")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.scheme = scheme = scheme_for(self.row)
        items = {str(one.pk): one for one in items_for(scheme) if PROPOSING[one.proposer]} if scheme else {}
        self.fields["item"].choices = [(key, _item_label(one)) for key, one in items.items()]
        self.fields["item"].coerce = items.get
        within = Member.objects.visible_to(self.user).filter(organisation__path__startswith=self.row.path, state__in=ON_ROLL)
        within = within.select_related("person", "member_class").order_by("pk")
        self.fields["members"].queryset = within.defer("phone", "person__phone", "person__id_number")
        self.fields["members"].label_from_instance = lambda one: f"{one.name}（{one.member_class.name}）"

    def clean(self):
        if self.scheme is None:
            raise forms.ValidationError(gettext("该党组织今年没有执行中的积分办法，请先由街道或区发布。"))
        return super().clean()


def scheme_for(organisation) -> PointScheme | None:
    """The scheme of this year under which members of an organisation earn points now."""
    return scheme_of(organisation, today().year, schemes_in_force([today().year]))


def _item_label(item: PointItem) -> str:
    words = {"code": item.code, "name": item.name, "points": f"{item.points.normalize():+f}", "per": item.per}
    return gettext("%(code)s %(name)s（%(points)s 分/%(per)s）") % words
