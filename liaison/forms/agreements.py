"""What the desk asks: of an agreement, of what is promised in it, and with the steps of both."""

from datetime import timedelta

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from liaison.actions.agreements import NewAgreement, moved_on
from liaison.actions.commitments import MONTHS, NewCommitment
from liaison.agreements import TEXTS, filled, party_name
from liaison.choices import Every, Side
from liaison.models import Agreement, AgreementTemplate, Commitment
from members.models import PartyOrganisation
from people.forms import CheckedByAction, StepForm, day_field

_PARTIES = ("area", "unit", "organisation", "starts_on", "ends_on", "our_head", "their_head")
_NO_SIDE = dict.fromkeys(("required", "invalid_choice"), _("请选择责任方。"))


def _text(label, *, longest: int, rows: int = 3, **options) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "cols": 80})
    return forms.CharField(label=label, max_length=longest, widget=widget, **options)


class _PartiesForm(CheckedByAction):
    """Who agrees with whom, and for how long."""

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = self.fields["area"].queryset.select_related("community")
        self.fields["unit"].queryset = self.fields["unit"].queryset.defer("contact_phone")
        mine = PartyOrganisation.objects.visible_to(user)
        kept = mine.filter(pk=self.instance.organisation_id)
        self.fields["organisation"].queryset = mine.open() | kept if self.instance.pk else mine.open()

    def new(self) -> NewAgreement:
        return NewAgreement(**{name: self.cleaned_data[name] for name in (*_PARTIES, *TEXTS)})


class DraftForm(_PartiesForm):
    """A new one, whose texts are those of a template, with parties and term in place."""

    template = forms.ModelChoiceField(AgreementTemplate.objects.none(), label=_("协议模板"), empty_label=None)

    class Meta:
        model = Agreement
        fields = _PARTIES

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["template"].queryset = AgreementTemplate.objects.visible_to(user).filter(in_use=True)
        self.fields["template"].help_text = _("保存后按模板生成协议文本，可以继续修改。")

    def new(self) -> NewAgreement:
        new = NewAgreement(**{name: self.cleaned_data[name] for name in _PARTIES}, **dict.fromkeys(TEXTS, ""))
        parties = {"ours": party_name(new), "theirs": new.unit.name}
        texts = filled(self.cleaned_data["template"], **parties, starts_on=new.starts_on, ends_on=new.ends_on)
        return NewAgreement(**vars(new) | texts)


class AgreementForm(_PartiesForm):
    clauses = _text(_("共同约定"), longest=4000, rows=14)
    our_duties = _text(_("甲方职责"), longest=2000, rows=7)
    their_duties = _text(_("乙方职责"), longest=2000, rows=7)

    class Meta:
        model = Agreement
        fields = (*_PARTIES, *TEXTS)


class WhyForm(StepForm):
    reason = _text(_("原因"), longest=200, error_messages={"required": _("请写明原因。")})


class SignForm(StepForm):
    signed_on = day_field(_("签订日期"))


class RenewForm(StepForm):
    ends_on = forms.DateField(label=_("新协议结束日期"), widget=AdminDateWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        last = self.row.ends_on
        self.initial["ends_on"] = moved_on(last, self.row.starts_on, last + timedelta(days=1))  # as long as before


# --- What is promised


class CommitForm(StepForm):
    """Several things of one side, a line each."""

    side = forms.ChoiceField(label=_("责任方"), choices=Side.choices, widget=forms.RadioSelect, error_messages=_NO_SIDE)
    texts = _text(_("共建事项"), longest=4000, rows=5, help_text=_("一行一项，每项最多 200 字。"))
    who = forms.CharField(label=_("责任人"), max_length=60, required=False, help_text=_("姓名或职务，可不填。"))
    every = forms.ChoiceField(label=_("多久一次"), choices=Every.choices, initial=Every.ONCE, widget=forms.RadioSelect)
    due_on = forms.DateField(
        label=_("完成期限"), required=False, widget=AdminDateWidget, help_text=_("定期办理的不填：按协议期内每个期末各列一项。")
    )

    def clean(self):
        data = super().clean()
        if data.get("every") not in MONTHS and not data.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", gettext("请填写完成期限。"))
        return data

    @staticmethod
    def new_of(data: dict) -> list[NewCommitment]:
        """What was typed, cleaned."""
        texts = [text for line in data["texts"].splitlines() if (text := line.strip())]
        same = {name: data[name] for name in ("side", "due_on", "who", "every")}
        return [NewCommitment(text=text, **same) for text in texts]


class CommitmentForm(CheckedByAction):
    text = _text(_("事项"), longest=200, rows=2)

    class Meta:
        model = Commitment
        fields = ("side", "text", "who", "due_on")

    def new(self) -> NewCommitment:
        return NewCommitment(**{name: self.cleaned_data[name] for name in self._meta.fields})


class FinishForm(StepForm):
    text = _text(
        _("完成情况"),
        longest=500,
        help_text=_("何时、何地、做了什么、多少人参加。"),
        error_messages={"required": _("请写明完成情况。")},
    )
    done_on = day_field(_("完成日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial |= {"text": self.row.done_text, "done_on": today()}
