"""The forms of weekly reports: written by the grid leader, judged by the secretary."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.choices import REPORT_MOVES, ReportEventKind
from cases.models import WeeklyReport
from gridparty.lib.dates import Week, today
from gridparty.lib.phone_forms import SentForm, day, line, one_of, words

_LONG = 2000
_ACCEPT, _RETURN, _COMMENT = ReportEventKind.ACCEPTED, ReportEventKind.RETURNED, ReportEventKind.COMMENTED


def _text(label: str, rows: int, **options) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "autocomplete": "off"})
    return words(label, max_length=_LONG, widget=widget, **options)


class ReportForm(SentForm):
    """What only the leader knows, begun by the system."""

    done = _text(
        _("本周重点工作"),
        6,
        error_messages={"required": _("请填写本周重点工作，没有时写“无”。")},
        help_text=_("已按本周记录填好，请核对、补充。不写居民姓名和电话。"),
    )
    trouble = _text(_("存在问题和需协调事项"), 3, required=False, help_text=_("没有可不填。紧急的事不等周报，随时上报。"))
    plan = _text(_("下周打算"), 3, required=False)


class JudgeForm(SentForm):
    """What becomes of a report that was sent; only what its state allows can be chosen."""

    verdict = one_of(_("审阅结果"), error_messages={"required": _("请选择审阅结果。")})
    comment = words(_("批注"), required=False, help_text=_("退回时写明要修改什么，网格长会看到。"))

    def __init__(self, *args, report: WeeklyReport, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in (_ACCEPT, _RETURN) if report.state in REPORT_MOVES[kind][0]]
        kinds = [kind for kind in kinds if not (report.is_locked and kind == _RETURN)]
        self.fields["verdict"].choices = [*((kind.value, kind.label) for kind in kinds), (_COMMENT.value, _("只批注"))]
        self.fields["verdict"].initial = _ACCEPT if _ACCEPT in kinds else _COMMENT


class ReopenForm(SentForm):
    reason = words(
        _("重新打开的原因"),
        error_messages={"required": _("请写明为什么重新打开。")},
        help_text=_("网格长会看到。"),
    )


class ExcuseForm(SentForm):
    """Grids that need not report for some time."""

    areas = forms.ModelMultipleChoiceField(
        None,
        label=_("网格"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("请至少勾选一个网格。"),
            "invalid_choice": _("其中有不在您管理范围内的网格，请重新选择。"),
            "invalid_pk_value": _("其中有不在您管理范围内的网格，请重新选择。"),
        },
    )
    from_on = day(_("自"))
    until_on = day(_("至"), initial=lambda: Week.of(today()).last_day, help_text=_("这些日子所在的每一周都不用报。"))
    reason = line(
        _("原因"),
        error_messages={"required": _("请填写免报原因。")},
        help_text=_("如“网格长病假”“集中换届”，不写病情等个人情况。"),
    )

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["areas"].queryset = grids
