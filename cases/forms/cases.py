"""The forms with which cases are opened and moved on from the phone."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actions.cases import MOST_PHOTOS
from cases.choices import MOVES, MoveKind, Procedure
from cases.forms.places import PlacedForm
from cases.models import Subject
from gridparty.lib.phone_forms import SentForm, line, photos, words

PHONE = r"^[0-9+\- ]{3,20}$"


def subject_field(subjects: Sequence[Subject], *, in_a_row: bool = False) -> forms.TypedChoiceField:
    """As buttons; or as a list, which takes one row of the page."""
    by_key = {str(subject.pk): subject for subject in subjects}
    choices = [(key, subject.name) for key, subject in by_key.items()]
    return forms.TypedChoiceField(
        label=_("类别"),
        choices=[("", _("请选择")), *choices] if in_a_row else choices,
        coerce=by_key.__getitem__,
        widget=forms.Select({"autocomplete": "off"}) if in_a_row else forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择类别。")),
    )


class UrgentForm(PlacedForm):
    """As few fields as possible: what, where, a picture."""

    text = words(gettext_lazy("发生了什么"), error_messages={"required": gettext_lazy("请写明发生了什么。")})
    photos = photos(gettext_lazy("照片"), MOST_PHOTOS, help_text=gettext_lazy("可不拍，先上报。"))

    def __init__(self, *args, subjects: Sequence[Subject], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"] = subject_field(subjects, in_a_row=True)
        if "place" in self.fields:  # the grid itself, unless somebody has the time to look for the building
            self.initial["place"] = next((key for key, _name in self.fields["place"].choices if key.isdecimal()), "")


class CaseForm(PlacedForm):
    """A matter that takes its course: also who told it, if they did."""

    text = words(
        gettext_lazy("反映内容"),
        error_messages={"required": gettext_lazy("请写明是什么事。")},
        help_text=gettext_lazy("什么事、什么时候开始、影响到谁。"),
    )
    photos = photos(gettext_lazy("照片"), MOST_PHOTOS, help_text=gettext_lazy("可不拍，最多 3 张。"))
    teller = line(gettext_lazy("反映人"), required=False, max_length=30)
    teller_phone = forms.RegexField(
        PHONE,
        label=gettext_lazy("联系电话"),
        required=False,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("电话只能有数字、空格和短横线，如 0531-88880000。")},
    )

    def __init__(self, *args, subjects: Sequence[Subject], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"] = subject_field(subjects)


# --- Moves

_PUBLIC_HELP = gettext_lazy("居民凭查询码可看到，请不要写人名、门牌和电话。")
_INNER_HELP = gettext_lazy("内部可见，居民看不到。")
# What is asked in words by each move: the label of the text, and the help under it.
_TEXTS = {
    MoveKind.COLLECT: (gettext_lazy("核实情况"), _INNER_HELP),
    MoveKind.FILE: (gettext_lazy("说明"), gettext_lazy("选“审批办理”的必填，写明报请审批什么；其他可不填。")),
    MoveKind.ASK_APPROVAL: (gettext_lazy("报请审批什么"), _INNER_HELP),
    MoveKind.APPROVE: (gettext_lazy("审批意见"), _INNER_HELP),
    MoveKind.DENY: (gettext_lazy("不同意的原因"), _INNER_HELP),
    MoveKind.HANDLE: (gettext_lazy("怎样处理的"), _INNER_HELP),
    MoveKind.REOPEN: (gettext_lazy("重新办理的原因"), _INNER_HELP),
    MoveKind.PASS_UP: (gettext_lazy("上报的原因"), gettext_lazy("已做了什么、需要上级做什么。")),
    MoveKind.PASS_DOWN: (gettext_lazy("交办要求"), _INNER_HELP),
    MoveKind.NOTE: (gettext_lazy("进展"), ""),
    MoveKind.ASK_REMIT: (gettext_lazy("为什么不属于职责范围"), gettext_lazy("写明应由哪里办理、是否已告知居民。")),
    MoveKind.AGREE_REMIT: (gettext_lazy("意见"), _INNER_HELP),
    MoveKind.REFUSE_REMIT: (gettext_lazy("不同意的原因"), _INNER_HELP),
    MoveKind.URGE: (gettext_lazy("督办要求"), _INNER_HELP),
}
_WITH_PHOTOS = frozenset({MoveKind.COLLECT, MoveKind.NOTE, MoveKind.HANDLE})
# A line for each of the four procedures; their limits are data.
PROCEDURES = {
    Procedure.ON_SPOT: gettext_lazy("网格当场或一两天内就能办好的"),
    Procedure.COORDINATED: gettext_lazy("要找物业、单位或社区一起办的"),
    Procedure.URGENT: gettext_lazy("危及人身、财产安全的，立即通知各级"),
    Procedure.APPROVAL: gettext_lazy("要上级同意、动用经费或政策的，先报批"),
}


class MoveForm(SentForm):
    """What one move asks. `seq` is the last event of the case as it was shown: whoever acts on an older one is told."""

    seq = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), gettext_lazy("页面已过期，请返回重新打开。")),
    )

    def __init__(self, *args, kind: str, seq: int, **kwargs):
        super().__init__(*args, initial={"seq": seq}, **kwargs)
        asks = MOVES[kind].asks
        if "procedure" in asks:
            self.fields["procedure"] = forms.ChoiceField(
                label=_("办理程序"),
                choices=Procedure.choices,
                widget=forms.RadioSelect,
                error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择办理程序。")),
            )
        if "answer" in asks:
            self.fields["answer"] = answer_field()
        if kind in _TEXTS:
            label, help_text = _TEXTS[kind]
            why = {"required": _("请填写“%s”。") % label}
            self.fields["text"] = words(label, required="text" in asks, help_text=help_text, error_messages=why)
        if kind == MoveKind.NOTE:
            self.fields["is_public"] = forms.BooleanField(
                label=_("居民可见"), required=False, help_text=_("勾选后居民凭查询码可看到，请不要写人名、门牌和电话。")
            )
        if kind in _WITH_PHOTOS:
            self.fields["photos"] = photos(_("照片"), MOST_PHOTOS, help_text=_("可不拍，最多 3 张。"))

    def clean(self):
        data = super().clean()
        if data.get("procedure") == Procedure.APPROVAL and not data.get("text"):
            self.add_error("text", _("选“审批办理”的，请写明报请审批什么。"))
        return data


def answer_field() -> forms.CharField:
    return words(_("给居民的答复"), help_text=_PUBLIC_HELP, error_messages={"required": _("请填写给居民的答复。")})


class OnSpotForm(MoveForm):
    """Settled where it was found: what was done, and what the resident was told."""

    def __init__(self, *args, seq: int, **kwargs):
        super().__init__(*args, kind=MoveKind.HANDLE, seq=seq, **kwargs)
        self.fields["answer"] = answer_field()


SCORES = [(5, gettext_lazy("5 分 很好")), (4, gettext_lazy("4 分 较好")), (3, gettext_lazy("3 分 一般"))]
SCORES += [(2, gettext_lazy("2 分 较差")), (1, gettext_lazy("1 分 很差"))]


class RateForm(SentForm):
    """How the team rates its own work."""

    score = forms.TypedChoiceField(
        label=gettext_lazy("自评"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("请选择 1 到 5 分。")),
    )
    text = words(gettext_lazy("说明"), required=False, help_text=gettext_lazy("可不填。"))
