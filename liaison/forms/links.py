"""What a unit says by its link, without an account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gridparty.lib.phone_forms import SentForm, line, one_of, photos, words
from liaison.actions.commitments import MOST_PHOTOS

AGREES, OBJECTS = "agree", "object"
_NO_ANSWER = dict.fromkeys(("required", "invalid_choice"), _("请选择同意，或有修改意见。"))
_NO_NAME = {"required": _("请填写姓名或职务，方便社区联系。")}


def _who(label: str) -> forms.CharField:
    return line(label, max_length=60, help_text=_("姓名或职务，社区会看到。"), error_messages=_NO_NAME)


class AgreementAnswerForm(SentForm):
    answer = one_of(_("贵单位的意见"), [(AGREES, _("同意")), (OBJECTS, _("有修改意见"))], error_messages=_NO_ANSWER)
    text = words(_("修改意见"), required=False, help_text=_("选“有修改意见”的，请写明哪一条、怎样改。"))
    answerer = _who(_("填写人"))

    def clean(self):
        data = super().clean()
        if data.get("answer") == OBJECTS and not data.get("text") and "text" not in self.errors:
            self.add_error("text", _("请写明哪一条需要修改、怎样改。"))
        return data

    def said(self) -> dict:
        data = self.cleaned_data
        return {"agrees": data["answer"] == AGREES, "text": data["text"], "answerer": data["answerer"]}


class CommitmentReportForm(SentForm):
    text = words(
        _("完成情况"),
        help_text=_("何时、何地、做了什么、多少人参加。"),
        error_messages={"required": _("请写明完成情况。")},
    )
    photos = photos(_("照片（可不填，最多 3 张）"), MOST_PHOTOS)
    answerer = _who(_("报告人"))

    def said(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("text", "photos", "answerer")}


class ReportRemarkForm(SentForm):
    text = words(_("贵单位的意见"), help_text=_("提交后不能更改。"), error_messages={"required": _("请填写意见。")})
    answerer = _who(_("填写人"))

    def said(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("text", "answerer")}
