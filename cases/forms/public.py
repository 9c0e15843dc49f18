"""What residents fill in without an account, and what the counter takes down for them."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.actions.cases import MOST_PHOTOS
from cases.forms.places import PlacedForm
from cases.models import Subject
from gridparty.lib.codes import code_of
from gridparty.lib.phone_forms import SentForm, line, one_of, photos, words

SCORES = [(5, _("5 分 非常满意")), (4, _("4 分 满意")), (3, _("3 分 一般")), (2, _("2 分 不满意")), (1, _("1 分 非常不满意"))]
_PHONE = r"^\+?[0-9][0-9 \-]{5,18}[0-9]$"


def subject(subjects: Iterable[Subject]) -> forms.TypedChoiceField:
    """Buttons; what comes out is the row."""
    by_key = {str(one.pk): one for one in subjects}
    return forms.TypedChoiceField(
        label=_("哪方面的事"),
        choices=[(key, one.name) for key, one in by_key.items()],
        coerce=by_key.__getitem__,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择是哪方面的事。")),
    )


def _phone(**options) -> forms.RegexField:
    return forms.RegexField(
        _PHONE,
        label=_("联系电话"),
        required=False,
        max_length=20,
        strip=True,
        widget=forms.TextInput({"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
        error_messages={"invalid": _("电话号码有误，请填写手机号，或带区号的座机号。")},
        **options,
    )


class Matter(forms.Form):
    """What it is about, and who to tell."""

    text = words(_("什么事"), max_length=1000, error_messages={"required": _("请写明是什么事。")})
    teller = line(_("反映人"), required=False, max_length=30)
    teller_phone = _phone()
    photos = photos(_("照片（可不传）"), MOST_PHOTOS, help_text=_("最多 3 张。"))

    def __init__(self, *args, subjects: Iterable[Subject], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"] = subject(subjects)

    def said(self) -> dict:
        """Of a form that is valid: what goes into NewCase beside the place and the source."""
        return {name: self.cleaned_data[name] for name in ("text", "subject", "spot", "teller", "teller_phone", "photos")}


class MailboxForm(Matter, SentForm):
    """A letter to the mailbox. `website` is for machines that fill in whatever they find: people do not see it."""

    website = forms.CharField(required=False)
    spot = line(_("在什么地方（可不填）"), required=False, max_length=60, help_text=_("如“3号楼东侧”。"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["teller"].label, self.fields["teller_phone"].label = _("怎么称呼您（可不填）"), _("联系电话（可不填）")
        self.fields["teller_phone"].help_text = _("只用于回复您，页面上不公开。")

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("没有保存，请再提交一次。"))
        return ""


class CounterForm(Matter, PlacedForm):
    """Taken down at the counter or by telephone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["teller_phone"].help_text = _("用于回复反映人，页面上不公开。")


class TrackForm(forms.Form):
    code = forms.CharField(
        label=_("查询码"),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("提交时得到的 12 位数字和字母，短横线可不填。"),
        error_messages={"required": _("请填写查询码。")},
    )

    def clean_code(self) -> str:
        """As it stands in the address."""
        code = code_of(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("查询码由数字和字母组成，请核对后重新填写。"))
        return code


class RatingForm(SentForm):
    score = one_of(_("您对办理结果满意吗"), SCORES, error_messages={"required": _("请选择满意程度。")})
    text = words(_("想说的话"), required=False, help_text=_("可不填。办理单位看不到您的评分和意见，只能看到多件合计的平均分。"))


class ReopeningForm(SentForm):
    reason = words(
        _("哪里没有解决"),
        error_messages={"required": _("请写明哪里没有解决。")},
        help_text=_("办理单位会看到。"),
    )
