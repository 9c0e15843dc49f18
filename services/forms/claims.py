"""The forms of claims on the phone: claiming, explaining, deciding, noting who did not come."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gridparty.lib.phone_forms import SentForm, day, line, one_of, words


class ClaimForm(SentForm):
    """One button; whoever wants to may say something."""

    wish = line(_("说明（可不填）"), required=False, max_length=200, help_text=_("如有经验、可服务的时间，不超过 200 字。"))
    wait = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ReasonForm(SentForm):
    """Why: for moves that ask for it."""

    reason = words(
        _("原因"),
        max_length=200,
        help_text=_("不超过 200 字，党员本人会看到。"),
        error_messages={"required": _("请写明原因，党员本人会看到。")},
    )

    def __init__(self, *args, asks: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not asks:
            del self.fields["reason"]


class ExplainForm(SentForm):
    text = words(
        _("情况说明"),
        help_text=_("写明没有到岗的原因，不超过 500 字。提交后由社区工作人员答复。"),
        error_messages={"required": _("请写明没有到岗的原因。")},
    )


class AbsentForm(SentForm):
    on = day(_("哪一天未到"))
    note = words(_("情况（可不填）"), required=False, max_length=200, help_text=_("不超过 200 字，党员本人会看到，并可以说明。"))


class AnswerForm(SentForm):
    verdict = one_of(
        _("答复"),
        [("excuse", _("谅解，不计未到")), ("uphold", _("维持记录"))],
        error_messages={"required": _("请选择答复。")},
    )
    text = words(_("答复说明"), required=False, max_length=200, help_text=_("维持记录的请写明理由，党员本人会看到。"))
