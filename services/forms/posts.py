"""The forms by which posts are set and proposed on the phone."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.phone_forms import SentForm, day, line, one_of, words
from grids.models import Area
from members.models import MemberClass
from people.models import Skill
from services.actions import NewPost, NewShift
from services.choices import Origin, Weekday
from services.forms.activities import at
from services.models import PostKind, ServicePost
from services.offers import Offered

SHIFTS = 5  # so many can be set here; one that was given more at the desk keeps them
ONCE = "once"
_DAYS = [("", gettext_lazy("不设")), *((str(one), label) for one, label in Weekday.choices), (ONCE, gettext_lazy("某一天"))]


def _chosen(label: str, rows: Sequence, **options) -> forms.TypedChoiceField:
    """One of these rows; one alone is chosen already."""
    by_key = {str(one.pk): one for one in rows}
    names = [(key, one.name) for key, one in by_key.items()]
    errors = dict.fromkeys(("required", "invalid_choice"), _("请选择。"))
    return forms.TypedChoiceField(
        label=label,
        choices=names if len(names) == 1 else [("", _("请选择")), *names],
        coerce=by_key.__getitem__,
        widget=forms.Select({"autocomplete": "off"}),
        error_messages=errors,
        **options,
    )


def _whole(label: str, **options) -> forms.IntegerField:
    widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, **{"widget": widget} | options)


class ProposeForm(SentForm):
    """What is wanted, where and when: what a member can say."""

    title = line(gettext_lazy("岗位名称"), max_length=40, help_text=gettext_lazy("如“楼院巡逻”。"))
    duties = words(gettext_lazy("岗位职责"), help_text=gettext_lazy("要做什么、多久一次，不超过 500 字。"))
    spot = line(gettext_lazy("服务地点（可不填）"), required=False, max_length=60)
    places = _whole(gettext_lazy("需要人数"), min_value=1, max_value=500, initial=1)
    starts_on = day(gettext_lazy("上岗日期"))
    ends_on = day(gettext_lazy("结束日期"), initial=None)

    def __init__(self, *args, areas: Sequence[Area], kinds: Sequence[PostKind], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"] = _chosen(_("所在区域"), areas)
        self.fields["kind"] = _chosen(_("岗位类型"), kinds)

    def new(self, **more) -> NewPost:
        data = self.cleaned_data
        names = ("area", "kind", "title", "duties", "spot", "places", "starts_on", "ends_on")
        return NewPost(**{name: data[name] for name in names}, **more)


class PostForm(ProposeForm):
    """All of a post, with its `shifts`. `fixed`: what was published keeps its place, kind and classes."""

    claim_until = day(
        gettext_lazy("认领截止"), required=False, initial=None, help_text=gettext_lazy("不填为结束日期前都可认领。")
    )
    withdraw_days = _whole(
        gettext_lazy("退出提前天数"),
        min_value=0,
        max_value=60,
        initial=3,
        help_text=gettext_lazy("上岗前几天起不能自行退出，请联系社区。"),
    )

    origin = one_of(
        gettext_lazy("设岗来源"),
        [(one.value, one.label) for one in (Origin.NEED, Origin.COMMUNITY)],
        required=False,
        initial=Origin.COMMUNITY,
    )

    def __init__(
        self, *args, skills: Sequence[Skill], classes: Sequence[MemberClass], fixed: bool = False, shifts: int = 0, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.fields["skills"] = _several(_("所需特长（有其一即可）"), skills)
        self.fields["classes"] = _several(_("适用类别（不勾为全部党员）"), classes)
        for name in ("area", "kind", "classes") if fixed else ():
            self.fields[name].disabled = True
        self.shifts = max(SHIFTS, shifts)
        for n in range(self.shifts):
            self.fields[f"day_{n}"] = forms.ChoiceField(label=_("每周或某一天"), choices=_DAYS, required=False)
            self.fields[f"on_{n}"] = day(_("日期"), required=False, initial=None, help_text=_("选“某一天”的填写。"))
            self.fields[f"begins_{n}"] = at(_("开始"), required=False)
            self.fields[f"ends_{n}"] = at(_("结束"), required=False)

    @property
    def shift_rows(self) -> list[dict]:
        names = ("day", "on", "begins", "ends")
        rows = [{name: self[f"{name}_{n}"] for name in names} for n in range(self.shifts)]
        return [row | {"open": n == 0 or bool(row["day"].value())} for n, row in enumerate(rows)]

    def clean(self):
        data = super().clean()
        for n in range(self.shifts):
            if data.get(f"day_{n}") and not (data.get(f"begins_{n}") and data.get(f"ends_{n}")):
                self.add_error(f"begins_{n}", _("请填写开始和结束时间。"))
            if data.get(f"day_{n}") == ONCE and not data.get(f"on_{n}"):
                self.add_error(f"on_{n}", _("请填写日期。"))
        return data

    def _shifts(self) -> list[NewShift]:
        data = self.cleaned_data
        found = []
        for n in range(self.shifts):
            if which := data[f"day_{n}"]:
                when = {"on": data[f"on_{n}"]} if which == ONCE else {"weekday": int(which)}
                found.append(NewShift(**when, begins=data[f"begins_{n}"], ends=data[f"ends_{n}"]))
        return found

    def new(self, **more) -> NewPost:
        names = ("claim_until", "withdraw_days", "skills", "classes")
        data, origin = self.cleaned_data, self.cleaned_data["origin"] or Origin.COMMUNITY
        return super().new(**{name: data[name] for name in names}, origin=origin, shifts=self._shifts(), **more)


def _several(label: str, rows: Sequence) -> forms.TypedMultipleChoiceField:
    by_key = {str(one.pk): one for one in rows}
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=[(key, one.name) for key, one in by_key.items()],
        coerce=by_key.__getitem__,
        required=False,
        empty_value=[],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("所选项目已停用，请刷新后重选。")},
    )


def as_typed(offer: Offered) -> dict:
    """What the form of a post begins with."""
    post: ServicePost = offer.post
    names = ("title", "duties", "spot", "places", "starts_on", "ends_on", "claim_until", "withdraw_days", "origin")
    typed = {name: getattr(post, name) for name in names} | {"area": str(post.area_id), "kind": str(post.kind_id)}
    typed |= {"skills": [str(key) for key in offer.skills], "classes": [str(key) for key in offer.classes]}
    for n, shift in enumerate(offer.shifts):
        which = ONCE if shift.on else str(shift.weekday)
        typed |= {f"day_{n}": which, f"on_{n}": shift.on, f"begins_{n}": shift.begins, f"ends_{n}": shift.ends}
    return typed
