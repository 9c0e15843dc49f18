"""What an employer answers without an account, and what the desk asks of feedback cards."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.codes import code_of
from gridparty.lib.phone_forms import SentForm, line, one_of, words
from people.forms import CheckedByAction, StepForm
from services.choices import Answer
from services.models import FeedbackCard

_NO_ANSWER = dict.fromkeys(("required", "invalid_choice"), _("请选择回执意见。"))
_NO_TEXT = _("请写明有什么意见。")


class CardCodeForm(forms.Form):
    code = forms.CharField(
        label=_("查询码"),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("反馈卡上的 12 位数字和字母，短横线可不填。"),
        error_messages={"required": _("请填写查询码。")},
    )

    def clean_code(self) -> str:
        """As it stands in the address."""
        code = code_of(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(gettext("查询码由数字和字母组成，请核对后重新填写。"))
        return code


class _Answered(forms.Form):
    """A remark is made in words."""

    def clean(self):
        data = super().clean()
        if data.get("answer") == Answer.REMARKED and not data.get("text") and "text" not in self.errors:
            self.add_error("text", _NO_TEXT)
        return data

    def said(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("answer", "text", "answerer")}


class CardAnswerForm(_Answered, SentForm):
    """The employer's answer."""

    answer = one_of(_("贵单位党组织的回执"), Answer.choices, error_messages=_NO_ANSWER)
    text = words(_("意见"), required=False, help_text=_("选“有意见”的请写明，其他可不填。发出反馈卡的社区和党员本人会看到。"))
    answerer = line(_("回执人（可不填）"), required=False, max_length=60, help_text=_("姓名或职务，发出反馈卡的社区会看到。"))


class PaperAnswerForm(_Answered, StepForm):
    """An answer that came back on paper."""

    answer = forms.ChoiceField(label=_("单位回执"), choices=Answer.choices, widget=forms.RadioSelect, error_messages=_NO_ANSWER)
    text = forms.CharField(
        label=_("单位意见"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 4, "cols": 60}),
        help_text=_("照原文填写。"),
    )
    answerer = forms.CharField(label=_("回执人"), required=False, max_length=60)


class RemarkForm(CheckedByAction):
    class Meta:
        model = FeedbackCard
        fields = ("remark",)
        widgets = {"remark": forms.Textarea({"rows": 4, "cols": 80})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "remark" in self.fields:
            self.fields["remark"].required = False
            self.fields["remark"].help_text = _("不填则用建议评语。")


class WhyForm(StepForm):
    reason = forms.CharField(label=_("原因"), max_length=200, error_messages={"required": _("请写明原因。")})
