"""Transfer requests: the asking side sees what it typed and the outcome, the other side the person and who asks."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.masking import mask_name
from gridparty.lib.scoped_admin import badge
from people import actions
from people.admin.steps import Step, StepAdmin
from people.choices import Relation, RequestState
from people.filters import SideFilter
from people.forms import AgreeForm, RefuseForm
from people.models import MoveRequest
from people.queries import door, housemates, whole_place

COLOURS = {RequestState.OPEN: "watch", RequestState.AGREED: "good", RequestState.REFUSED: "late"}


def holds(row: MoveRequest, user, can: Can = Can.SEE_PEOPLE) -> bool:
    """Whether `user` is on the side that has the person on record."""
    return scope_of(user).covers(can, row.held_area)


def asks(row: MoveRequest, user, can: Can = Can.SEE_PEOPLE) -> bool:
    return scope_of(user).covers(can, row.area)


def _not_ours_to_answer(row, user) -> str:
    return _over(row) or ("" if holds(row, user, Can.EDIT_PEOPLE) else gettext("该申请由现登记地办理，您不能答复。"))


def _not_ours_to_withdraw(row, user) -> str:
    return _over(row) or ("" if asks(row, user, Can.EDIT_PEOPLE) else gettext("该申请由申请方撤回，您可以答复。"))


def _over(row) -> str:
    return "" if row.state == RequestState.OPEN else gettext("该申请已办结（%(state)s）。") % {"state": row.get_state_display()}


def _says_agree(row, user) -> list[str]:
    person, n = row.person, housemates(row.person, user).count()
    words = {"name": mask_name(person.name), "door": door(person), "to": whole_place(row)}
    told = [gettext("将把%(name)s从 %(door)s 转到 %(to)s。此后本辖区不再看到其记录，居住记录保留在原址。") % words]
    if n and person.relation == Relation.HEAD:
        told.append(gettext("该户剩余 %(n)d 人，请指定新户主。") % {"n": n})
    return told


def _says_refuse(row, user) -> list[str]:
    return [gettext("人员仍登记在本辖区；申请方看到结果和下面填写的原因，看不到人员的其他信息。")]


def _says_withdraw(row, user) -> list[str]:
    return [gettext("将撤回转入%(name)s的申请，对方不再办理。") % {"name": mask_name(row.typed_name)}]


def _agree(row, data, by):
    return actions.decide_request(request=row, agree=True, new_head=data.get("new_head"), by=by)


def _refuse(row, data, by):
    return actions.decide_request(request=row, agree=False, answer=data["answer"], by=by)


@admin.register(MoveRequest)
class MoveRequestAdmin(StepAdmin):
    steps = (
        Step("agree", _("同意"), _says_agree, _agree, AgreeForm, _not_ours_to_answer),
        Step("refuse", _("不同意"), _says_refuse, _refuse, RefuseForm, _not_ours_to_answer),
        Step(
            "withdraw",
            _("撤回"),
            _says_withdraw,
            lambda row, data, by: actions.withdraw_request(request=row, by=by),
            unfit=_not_ours_to_withdraw,
        ),
    )
    list_display = ("asked_shown", "typed_name", "to_shown", "asked_by_shown", "state_shown")
    list_filter = (SideFilter,)
    ordering = ("-id",)

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.select_related(
            "area", "community", "household", "held_area", "asked_by", "person__area", "person__household"
        ).defer("person__phone", "person__id_number")

    def has_change_permission(self, request, obj=None) -> bool:
        # Answered by its steps, never typed over.
        return False

    def heading(self, row) -> str:
        return gettext("转入申请 %(name)s") % {"name": mask_name(row.typed_name)}

    def get_fields(self, request, obj=None):
        person = ("person_shown",) if holds(obj, request.user) else ()
        ours = ("typed_name",) if asks(obj, request.user) else ()
        shown = ("to_shown", "relation", "reason", "asked_by_shown", "asked_shown", "state", "answer", "decided_shown")
        return (*person, *ours, *shown)

    get_readonly_fields = get_fields

    @admin.display(description=_("申请时间"))
    def asked_shown(self, row):
        return row.asked_at

    @admin.display(description=_("办理时间"))
    def decided_shown(self, row):
        return row.decided_at

    @admin.display(description=_("本辖区人员"))
    def person_shown(self, row):
        url = reverse("admin:people_person_change", args=[row.person_id])
        where = door(row.person)
        return format_html('<a href="{}">{}</a> {}', url, mask_name(row.person.name), where)

    @admin.display(description=_("迁入住址"))
    def to_shown(self, row):
        return whole_place(row)

    @admin.display(description=_("申请人"))
    def asked_by_shown(self, row):
        return row.asked_by.name

    @admin.display(description=_("状态"))
    def state_shown(self, row):
        return badge(COLOURS.get(row.state, "quiet"), row.get_state_display())
