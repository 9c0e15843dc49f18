"""The forms of hours on the phone: entering one's own, deciding those of others."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.phone_forms import SentForm, day, line, one_of, words
from grids.models import Area
from services.forms.activities import at
from services.gatherings import in_words
from services.models import Claim, SignUp

_YES, _NO = "yes", "no"


class HoursForm(SentForm):
    """What was served and when. `claims` and `signups` are one's own; `areas` those of one's community, for everything else."""

    on = day(gettext_lazy("服务日期"))
    begins = at(gettext_lazy("开始时间"))
    ends = at(gettext_lazy("结束时间"))
    note = line(
        gettext_lazy("服务内容"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("选“其他服务”的必填，做了什么、为谁做的。"),
    )

    def __init__(self, *args, claims: Sequence[Claim], signups: Sequence[SignUp], areas: Sequence[Area], **kwargs):
        super().__init__(*args, **kwargs)
        self.served = {f"claim-{one.pk}": {"claim": one} for one in claims}
        self.served |= {f"signup-{one.pk}": {"signup": one} for one in signups}
        self.served |= {f"area-{one.pk}": {"area": one} for one in areas}
        choices = [(f"claim-{one.pk}", _("岗位：%s") % one.post.title) for one in claims]
        choices += [(f"signup-{one.pk}", _("活动：%s") % f"{one.activity.title} {in_words(one.activity.on)}") for one in signups]
        choices += [(f"area-{one.pk}", _("其他服务（%s）") % one.name) for one in areas]
        self.as_buttons = len(choices) <= 5
        self.fields["what"] = forms.ChoiceField(
            label=_("服务事项"),
            choices=choices if self.as_buttons else [("", _("请选择")), *choices],
            widget=forms.RadioSelect if self.as_buttons else forms.Select({"autocomplete": "off"}),
            initial=choices[0][0] if len(choices) == 1 else None,
            error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择服务事项。")),
        )

    def values(self) -> dict:
        """As services.actions.NewHours has them."""
        typed = {name: self.cleaned_data[name] for name in ("on", "begins", "ends", "note")}
        return typed | self.served[self.cleaned_data["what"]]


class DecideForm(SentForm):
    """Hours ticked and what becomes of them; `rows` are those the user decides."""

    rows = forms.ModelMultipleChoiceField(
        None,
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("required",), gettext_lazy("请先勾选要确认的时长。"))
        | dict.fromkeys(("invalid_choice", "invalid_pk_value"), gettext_lazy("其中有不由您确认的时长，请重新选择。")),
    )
    verdict = one_of(gettext_lazy("确认结果"), [(_YES, gettext_lazy("确认")), (_NO, gettext_lazy("不予确认"))], initial=_YES)
    reason = words(
        gettext_lazy("不予确认的原因"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("不予确认时必填，登记人会看到。"),
    )

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rows"].queryset = rows

    @property
    def confirms(self) -> bool:
        return self.cleaned_data["verdict"] == _YES
