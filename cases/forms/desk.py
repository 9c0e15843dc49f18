"""What the desk asks: with a move of a case, by what the table of moves says; and grids that need not report."""

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils.translation import gettext_lazy as _

from cases.actions import Said
from cases.choices import MOVES, MoveKind, Procedure
from cases.models import ReportException
from people.forms import CheckedByAction, StepForm

LONGEST = 500
# Approval has moves of its own.
CHOSEN = [choice for choice in Procedure.choices if choice[0] != Procedure.APPROVAL]


def _words(label, *, required: bool, help_text="") -> forms.CharField:
    widget = forms.Textarea({"rows": 4, "cols": 60})
    return forms.CharField(label=label, required=required, max_length=LONGEST, widget=widget, help_text=help_text)


class MoveForm(StepForm):
    """The form of one move: `seq` is the history the user has seen, so that of two who act at once the second is told."""

    kind = ""
    seq = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, **kwargs)
        self.fields["seq"].initial = row.seq
        asks = MOVES[self.kind].asks
        if "procedure" in asks:
            self.fields["procedure"] = forms.ChoiceField(label=_("办理程序"), choices=CHOSEN, widget=forms.RadioSelect)
        if "answer" in asks:
            public = _("居民凭查询码可以看到，请写办理结果，不写人名和电话。")
            self.fields["answer"] = _words(_("给居民的答复"), required=True, help_text=public)
        else:
            self.fields["text"] = _words(_("说明"), required="text" in asks)
        if self.kind == MoveKind.NOTE:
            self.fields["is_public"] = forms.BooleanField(label=_("对居民公开"), required=False)

    def said(self) -> Said:
        return Said(**self.cleaned_data)


def form_of(kind: str) -> type[MoveForm]:
    return type(f"{kind.title()}Form", (MoveForm,), {"kind": kind})


class ExceptionForm(CheckedByAction):
    """All grids of an area, whatever its kind."""

    class Meta:
        model = ReportException
        fields = ("area", "from_on", "until_on", "reason")
        widgets = {"from_on": AdminDateWidget, "until_on": AdminDateWidget}
        labels = {"area": _("免报区域")}
        help_texts = {"area": _("可选网格，也可选社区或街道：其中的网格一并免报。")}
