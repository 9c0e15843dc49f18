"""The forms of the desk: people and what is noted of them, and one form for each step with consequences."""

import uuid

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget, AutocompleteSelect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.lib.masking import mask_id, mask_phone
from grids.forms import path_name
from grids.models import Area
from people.choices import IdKind, Relation
from people.models import Care, Household, MoveRequest, Person, PersonMerge, PersonSkill, Visit
from people.queries import door, housemates, in_words


class CheckedByAction(forms.ModelForm):
    """The action checks the row as a whole; half of its checks here would say the same less clearly."""

    def _post_clean(self):
        pass


class PersonForm(CheckedByAction):
    """Enter or correct somebody. Numbers on record are shown masked and kept unless new ones are typed."""

    id_number = forms.CharField(label=_("证件号码"), max_length=30, required=False)
    phone = forms.RegexField(
        r"^[0-9+\- ]{3,20}$",
        label=_("联系电话"),
        required=False,
        error_messages={"invalid": _("电话只能有数字、空格和短横线，如 0531-88880000。")},
    )
    since_on = forms.DateField(label=_("迁入日期"), required=False, widget=AdminDateWidget, help_text=_("不填为今天。"))
    ask = forms.BooleanField(label=_("申请转入"), required=False, help_text=_("勾选后保存，由现登记地答复；对方同意后自动迁入。"))
    ask_reason = forms.CharField(label=_("申请说明"), max_length=200, required=False)

    class Meta:
        model = Person
        fields = ("household", "area", "relation", "name", "id_kind", "sex", "born_on", "ethnicity", "employer", "stated_member")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self._keep_numbers()
        elif "id_kind" in self.fields:
            self.initial.setdefault("id_kind", IdKind.CITIZEN)
            self.fields["area"].help_text = _("没有门牌的，选择楼栋或网格；选了住户的不必填。")
            self.fields["household"].help_text = _("按单元-室号查找，如 1-101，楼号可写在前：3-1-101。")

    def _keep_numbers(self) -> None:
        self.initial |= {"id_number": "", "phone": ""}
        for name, mask in (("id_number", mask_id), ("phone", mask_phone)):
            held = getattr(self.instance, name)
            if held and name in self.fields:
                self.fields[name].label = _("更改为")
                self.fields[name].help_text = _("现为 %(masked)s，不改请留空。") % {"masked": mask(held)}

    def clean_phone(self) -> str:
        return self.cleaned_data["phone"].replace(" ", "")

    def clean(self):
        data = super().clean()
        if not self.instance.pk and not self.errors and not (data.get("household") or data.get("area")):
            raise forms.ValidationError(gettext("请选择住户；没有门牌的，选择楼栋或网格。"))
        return data


class HouseholdForm(CheckedByAction):
    class Meta:
        model = Household
        fields = ("area", "unit", "room", "kind", "tenure")


class CareForm(CheckedByAction):
    class Meta:
        model = Care
        fields = ("person", "care_class", "reason", "since_on", "interval_days", "responsible")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "interval_days" in self.fields:
            self.fields["interval_days"].help_text = _("不填按关爱类别的间隔。")
        if "since_on" in self.fields:
            self.initial.setdefault("since_on", today())


class VisitForm(CheckedByAction):
    # Pressed twice it is one visit (jobs.actions.send_once); absent where nothing is added.
    form_id = forms.UUIDField(initial=uuid.uuid4, required=False, widget=forms.HiddenInput({"autocomplete": "off"}))
    note = forms.CharField(label=_("走访记录"), required=False, widget=AdminTextareaWidget)

    class Meta:
        model = Visit
        fields = ("household", "person", "on", "outcome")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "on" in self.fields:
            self.initial.setdefault("on", today())
        if self.instance.pk:
            del self.fields["form_id"]

    def clean(self):
        data = super().clean()
        household, person = data.get("household"), data.get("person")
        if household and person and person.household_id != household.pk:
            raise forms.ValidationError(gettext("走访对象不在所选住户，请核对，或只选其中一项。"))
        return data


class PersonSkillForm(CheckedByAction):
    class Meta:
        model = PersonSkill
        fields = ("person", "skill", "detail", "agreed_on")


# --- Steps


class StepForm(forms.Form):
    """What a step asks before it is done to `row`."""

    def __init__(self, *args, row, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.row, self.user = row, user


def day_field(label) -> forms.DateField:
    return forms.DateField(label=label, initial=today, widget=AdminDateWidget)


def found_by_typing(model, name: str, label, empty, **options) -> forms.ModelChoiceField:
    """A row looked up by typing; `model` and `name` are a foreign key to its kind, `empty` no rows of it."""
    widget = AutocompleteSelect(model._meta.get_field(name), admin.site)
    return forms.ModelChoiceField(empty, label=label, widget=widget, **options)


class _LeavingForm(StepForm):
    """Somebody leaves a household: when the head does, another of the household follows."""

    new_head = forms.ModelChoiceField(Person.objects.none(), label=_("新户主"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        person = self.person
        mates = housemates(person, self.user) if person.relation == Relation.HEAD else Person.objects.none()
        self.fields["new_head"].queryset = mates.select_related("area", "household")
        self.fields["new_head"].label_from_instance = in_words
        if not mates:
            del self.fields["new_head"]

    @property
    def person(self) -> Person:
        return self.row


class LeaveForm(_LeavingForm):
    on = day_field(_("迁出日期"))
    field_order = ("on", "new_head")


class DeathForm(_LeavingForm):
    on = day_field(_("死亡日期"))
    field_order = ("on", "new_head")


class MoveForm(_LeavingForm):
    household = found_by_typing(Person, "household", _("迁往住户"), Household.objects.none(), required=False)
    area = found_by_typing(Person, "area", _("迁往区域"), Area.objects.none(), required=False)
    relation = forms.ChoiceField(label=_("与新户主关系"), choices=[("", "—"), *Relation.choices], required=False)
    on = day_field(_("迁移日期"))
    field_order = ("household", "relation", "area", "on", "new_head")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        households = Household.objects.editable_by(self.user).select_related("area", "community")
        self.fields["household"].queryset = households
        self.fields["household"].label_from_instance = door
        self.fields["household"].help_text = _("按单元-室号查找，如 1-101。")
        self.fields["area"].queryset = Area.objects.visible_to(self.user).reached_by(self.user, Can.EDIT_PEOPLE).open()
        self.fields["area"].label_from_instance = path_name
        self.fields["area"].help_text = _("没有门牌的，选择楼栋或网格。")

    def clean(self):
        data = super().clean()
        if not self.errors and not (data.get("household") or data.get("area")):
            raise forms.ValidationError(gettext("请选择迁往的住户；没有门牌的，选择楼栋或网格。"))
        return data


class MoveAllForm(StepForm):
    to = found_by_typing(Person, "household", _("迁往住户"), Household.objects.none())
    on = day_field(_("迁移日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        others = Household.objects.editable_by(self.user).exclude(pk=self.row.pk)
        self.fields["to"].queryset = others.select_related("area", "community")
        self.fields["to"].label_from_instance = door
        self.fields["to"].help_text = _("按单元-室号查找，如 1-101；须是没有登记人员的住户。")


class MergeForm(StepForm):
    drop = found_by_typing(PersonMerge, "dropped", _("并入的记录"), Person.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        others = Person.objects.editable_by(self.user).filter(merged_into=None).exclude(pk=self.row.pk)
        self.fields["drop"].queryset = others.select_related("area", "household")
        self.fields["drop"].label_from_instance = in_words
        self.fields["drop"].help_text = _("按姓名、拼音首字母、电话后四位或完整证件号码查找。")


class AgreeForm(_LeavingForm):
    @property
    def person(self) -> Person:
        row: MoveRequest = self.row
        return row.person


class RefuseForm(StepForm):
    answer = forms.CharField(label=_("不同意的原因"), max_length=200)


class EndCareForm(StepForm):
    reason = forms.CharField(label=_("终止原因"), max_length=100)
    on = day_field(_("终止日期"))


class DayForm(StepForm):
    on = day_field(_("日期"))
