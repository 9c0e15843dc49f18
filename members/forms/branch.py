"""The forms with which leaders keep their branch from the phone."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from gridparty.lib.phone_forms import SentForm, day, line, number, one_of, words
from members.choices import ContactWay
from members.models import Member, PointItem


def ticked(members: Sequence[Member], **options) -> forms.TypedMultipleChoiceField:
    """Members to tick; what comes out are the rows. Drawn by templates/members/branch/ticks.html."""
    by_key = {str(member.pk): member for member in members}
    choices = [(key, member.name) for key, member in by_key.items()]
    errors = {
        "required": _("请至少勾选一人。"),
        "invalid_choice": _("其中有已不在册或不在您管理范围内的党员，请重新选择。"),
    }
    return forms.TypedMultipleChoiceField(
        label=_("人员"), choices=choices, coerce=by_key.__getitem__, empty_value=[], error_messages=errors, **options
    )


class MeetingForm(SentForm):
    """A meeting scored by ticking names: what, when, who. `leave_out` drops those scored for it before."""

    item = forms.CharField(widget=forms.HiddenInput)
    title = line(
        _("会议或活动名称"),
        error_messages={"required": _("请填写会议或活动的名称。")},
        help_text=_("如“三月支部党员大会”。同一天、同一名称，每人每项只记一次。"),
    )
    on = day(_("日期"))
    quantity = number(_("每人数量"), initial=1, max_digits=6, decimal_places=1)
    leave_out = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, item: PointItem, members: Sequence[Member], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["names"] = ticked(members)
        if item.per == PointItem._meta.get_field("per").default:
            del self.fields["quantity"]
        else:
            self.fields["quantity"].label = _("每人数量（%s）") % item.per
        year = item.category.scheme.year
        self.fields["on"].widget.attrs |= {"min": f"{year}-01-01", "max": min(f"{year}-12-31", f"{today()}")}

    def clean_title(self) -> str:
        title = self.cleaned_data["title"]
        if not any(sign.isalnum() for sign in title):
            raise forms.ValidationError(_("请填写会议或活动的名称。"))
        return title


class ContactsForm(SentForm):
    """Who was contacted, when and how."""

    way = one_of(_("方式"), ContactWay.choices, initial=ContactWay.VISIT)
    on = day(_("日期"))
    note = words(_("情况"), required=False, help_text=_("可不填。"))

    def __init__(self, *args, members: Sequence[Member], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["names"] = ticked(members)


_YES, _NO = "yes", "no"


class DecideForm(SentForm):
    """Proposals ticked and what becomes of them; `entries` are those the user judges."""

    entries = forms.ModelMultipleChoiceField(
        None,
        label=_("申报"),
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("required",), _("请先勾选要审核的申报。"))
        | dict.fromkeys(("invalid_choice", "invalid_pk_value"), _("其中有不由您审核的申报，请重新选择。")),
    )
    verdict = one_of(_("审核结果"), [(_YES, _("通过")), (_NO, _("不通过"))], initial=_YES)
    reason = words(_("不通过的原因"), required=False, help_text=_("不通过时必填，申报人会看到。"))

    def __init__(self, *args, entries, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["entries"].queryset = entries

    @property
    def approves(self) -> bool:
        return self.cleaned_data["verdict"] == _YES


class AnswerForm(SentForm):
    """The answer to an appeal."""

    verdict = one_of(
        _("处理结果"),
        [(_YES, _("申诉成立")), (_NO, _("申诉不成立"))],
        error_messages={"required": _("请选择申诉是否成立。")},
    )
    answer = words(
        _("答复"),
        error_messages={"required": _("请写明答复，申诉人会看到。")},
        help_text=_("申诉人会看到。"),
    )

    @property
    def upholds(self) -> bool:
        return self.cleaned_data["verdict"] == _YES


class ReverseForm(SentForm):
    reason = words(
        _("冲正原因"),
        error_messages={"required": _("请填写冲正的原因。")},
        help_text=_("党员本人会看到。"),
    )
