"""The forms of a round and of a visit on the phone."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gridparty.lib.masking import mask_name
from gridparty.lib.phone_forms import SentForm, day, line, one_of, words
from people.choices import VisitOutcome
from people.models import Care, Person


class DoorForm(SentForm):
    """One tap at a door. `since` is the round's first day and `file` set on the household's own page: where to go back to."""

    outcome = forms.ChoiceField(
        choices=VisitOutcome.choices, error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择走访结果。"))
    )
    on = day(
        _("日期"),
        widget=forms.HiddenInput({"autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "invalid"), _("日期不对，请重新打开本页。")),
    )
    since = forms.DateField(required=False, widget=forms.HiddenInput)
    file = forms.BooleanField(required=False, widget=forms.HiddenInput)


class PersonVisitForm(SentForm):
    """A visit to somebody: what came of it, when, what was seen and said."""

    outcome = one_of(_("结果"), VisitOutcome.choices, initial=VisitOutcome.MET)
    on = day(_("走访日期"))
    note = words(_("走访记录"), required=False, help_text=_("身体、生活、需要什么帮助。可不填，可用语音输入。"))


class HouseholdVisitForm(PersonVisitForm):
    """A visit to a household, or to one of those who live there (`people`)."""

    field_order = ("who", "outcome", "on", "note")

    def __init__(self, *args, people: Sequence[Person], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        choices = [("", _("全户")), *((key, _named(one)) for key, one in self.people.items())]
        self.fields["who"] = one_of(_("走访了谁"), choices, required=False)
        self.order_fields(self.field_order)

    def clean_who(self) -> Person | None:
        return self.people.get(self.cleaned_data["who"])


def _named(person: Person) -> str:
    relation = person.get_relation_display()
    return f"{mask_name(person.name)}（{relation}）" if relation else mask_name(person.name)


class CareTermsForm(SentForm):
    """Why, how often and by whom somebody cared for is visited; `visitors` are those who may be asked to."""

    reason = line(_("原因"), required=False, max_length=200)
    interval_days = forms.IntegerField(
        label=_("走访间隔（天）"),
        required=False,
        min_value=1,
        max_value=366,
        widget=forms.NumberInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _("间隔天数请填 1 至 366 之间的整数。")),
    )
    responsible = forms.ModelChoiceField(
        User.objects.none(),
        label=_("走访责任人"),
        required=False,
        empty_label=_("未指定"),
        error_messages={"invalid_choice": _("所选责任人已不在该处任职，请重新选择。")},
    )

    def __init__(self, *args, care: Care, visitors, **kwargs):
        terms = {"reason": care.reason, "interval_days": care.interval_days, "responsible": care.responsible_id}
        super().__init__(*args, initial=terms, **kwargs)
        self.fields["responsible"].queryset = visitors
        self.fields["responsible"].label_from_instance = lambda user: user.name
        self.fields["interval_days"].help_text = _("不填按关爱类别，每 %d 天一次。") % care.care_class.interval_days
