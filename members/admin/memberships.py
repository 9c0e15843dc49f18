"""Members: the list, a member's page, the steps of a membership, and transfers with their receipt."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.access import scope_of
from gridparty.lib.masking import mask_id, mask_name, mask_phone
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from members import actions
from members.actions import NewMember
from members.admin.accounts import AccountButtons
from members.choices import MOVES, MemberState, MoveKind, Standing
from members.exports import MemberResource
from members.filters import BelongsFilter, ClassFilter, HomeFilter, StateFilter, TransferFilter
from members.forms import (
    DayForm,
    GroundsForm,
    MemberForm,
    NotedForm,
    ReasonForm,
    RecallForm,
    ReclassForm,
    SendForm,
    in_words,
)
from members.hidden import list_address
from members.models import Member, MemberMove, PartyOrganisation
from people.actions import NewPerson
from people.admin.steps import Step, StepAdmin
from people.models import Person
from people.queries import tail, whole_place

STATE_BADGES = {
    MemberState.ACTIVE: "good",
    MemberState.FLOATING: "watch",
    MemberState.LOST: "late",
    MemberState.TRANSFERRING: "watch",
}

# --- Steps


def _unfit(kind: str, standing: str | None = None) -> Callable:
    """Why a move of the table cannot be made from the member's present state."""

    def unfit(member, user) -> str:
        words = {"state": member.get_state_display(), "move": MoveKind(kind).label}
        if member.state not in MOVES[kind][0]:
            return gettext("该党员目前为“%(state)s”，不能办理%(move)s。") % words
        return "" if standing in (None, member.standing) else gettext("该党员已是正式党员。")

    return unfit


def _says(*sentences) -> Callable:
    """Sentences in which the member and the organisation are named."""

    def says(member, user) -> list[str]:
        words = {"name": mask_name(member.name), "organisation": member.organisation.name, "class": member.member_class.name}
        return [str(sentence) % words for sentence in sentences]

    return says


def _plain(kind: str) -> Callable:
    def run(member, data, by):
        actions.move_member(member=member, kind=kind, on=data["on"], note=data["note"], by=by)
        return member

    return run


def _does(action: Callable, *names: str) -> Callable:
    """The action with what the form asked for under these names."""

    def run(member, data, by):
        action(member=member, by=by, **{name: data[name] for name in names})
        return member

    return run


_PROBATION = Standing.PROBATIONARY
STEPS = (
    Step(
        "confirm",
        _("转正"),
        _says(_("%(name)s（%(organisation)s）由预备党员转为正式党员，转正日期为所填日期；预备期一年未满的不能转正。")),
        _does(actions.confirm, "on"),
        DayForm,
        _unfit(MoveKind.CONFIRMED, _PROBATION),
    ),
    Step(
        "prolong",
        _("延长预备期"),
        _says(_("延长%(name)s（%(organisation)s）的预备期。预备期只能延长一次，最长一年。")),
        _does(actions.prolong, "note", "on"),
        ReasonForm,
        _unfit(MoveKind.PROLONGED, _PROBATION),
    ),
    Step(
        "reclass",
        _("调整类别"),
        _says(_("%(name)s现为“%(class)s”。调整后管理方式随新类别改变。")),
        _does(actions.change_class, "member_class", "on", "note"),
        ReclassForm,
        _unfit(MoveKind.RECLASSED),
    ),
    Step(
        "float",
        _("流出"),
        _says(_("%(name)s登记为流出，仍计入“%(organisation)s”。")),
        _plain(MoveKind.FLOATED),
        NotedForm,
        _unfit(MoveKind.FLOATED),
    ),
    Step(
        "return",
        _("流回"),
        _says(_("%(name)s结束流出，恢复在册。")),
        _plain(MoveKind.RETURNED),
        NotedForm,
        _unfit(MoveKind.RETURNED),
    ),
    Step(
        "lost",
        _("失联"),
        _says(_("%(name)s登记为失联，仍计入“%(organisation)s”，找到后办理恢复联系。")),
        _plain(MoveKind.LOST),
        NotedForm,
        _unfit(MoveKind.LOST),
    ),
    Step(
        "found",
        _("恢复联系"),
        _says(_("%(name)s恢复联系，恢复在册。")),
        _plain(MoveKind.FOUND),
        NotedForm,
        _unfit(MoveKind.FOUND),
    ),
    Step(
        "reopen",
        _("重新核实"),
        _says(_("%(name)s重新列入未入册党员名单，由居住地核实。")),
        _plain(MoveKind.REOPENED),
        NotedForm,
        _unfit(MoveKind.REOPENED),
    ),
    Step(
        "send",
        _("转出"),
        _says(_("%(name)s的组织关系由“%(organisation)s”转出。办理回执前仍计入本组织；回执后其班子职务随之结束。")),
        _does(actions.send, "to", "elsewhere", "on", "note"),
        SendForm,
        _unfit(MoveKind.SENT),
    ),
    Step(
        "leave",
        _("出党"),
        _says(_("%(name)s不再计入“%(organisation)s”，其班子职务和相应权限随之结束，档案保留可查。")),
        _does(actions.leave, "note", "on"),
        GroundsForm,
        _unfit(MoveKind.LEFT),
    ),
)

# --- Members

_TYPED = ("name", "id_number", "phone_number")
_ABOUT = ("name_shown", "sex", "born_on", "id_shown", "phone_shown", "place")
_ON_RECORD = ("name_shown", "sex", "born_on", "id_shown", "phone_shown", "home")


@admin.register(Member)
class MemberAdmin(AccountButtons, StepAdmin):
    can_add = True
    form = MemberForm
    steps = STEPS
    change_form_template = "admin/members/member/change_form.html"
    roster = "members"
    export = MemberResource
    list_display = ("known", "sex", "member_class", "mode", "organisation", "place", "state_shown", "phone_masked")
    list_filter = (BelongsFilter, StateFilter, "standing", ClassFilter, WithinFilter, HomeFilter)
    list_select_related = ("person", "member_class", "mode", "organisation", "area", "community")
    search_fields = ("known_as",)  # Member.objects.search decides by the shape of what is typed
    search_help_text = _("姓名、拼音首字母、电话后四位或完整证件号码")
    ordering = ("id",)
    autocomplete_fields = ("organisation", "employer")

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.select_related(
            "person", "member_class", "mode", "organisation__community", "employer__area", "area", "community"
        )

    def get_search_results(self, request, rows, term):
        rows = rows.defer("phone", "person__phone", "person__id_number")
        rows = rows.on_roll() if "autocomplete" in request.path else rows
        return (rows.search(term) if term else rows), False

    def get_changelist_instance(self, request):
        """Where somebody lives who is known only as typed is for those alone in whose scope it is."""
        changelist = super().get_changelist_instance(request)
        for member in changelist.result_list:
            member.place_seen = _sees_place(member, request.user)
        return changelist

    choice_label = staticmethod(in_words)

    def heading(self, member) -> str:
        return member.name

    # --- Columns
    @admin.display(description=_("姓名"))
    def known(self, member):
        return member.name

    name_shown = known

    @admin.display(description=_("性别"))
    def sex(self, member):
        return None if member.known_as else member.person.get_sex_display() or None

    @admin.display(description=_("出生日期"))
    def born_on(self, member):
        return None if member.known_as else member.person.born_on

    @admin.display(description=_("居住地"))
    def place(self, member):
        if member.area is None:
            return badge("quiet", _("无居住地"))
        places = (member.community, member.area) if member.place_seen else ()
        return " / ".join(dict.fromkeys(one.name for one in places if one)) or None

    @admin.display(description=_("状态"))
    def state_shown(self, member):
        kind = STATE_BADGES.get(member.state, "quiet")
        if member.standing == _PROBATION:
            return format_html("{} {}", badge(kind, member.get_state_display()), badge("watch", _("预备")))
        return badge(kind, member.get_state_display())

    @admin.display(description=_("联系电话"))
    def phone_masked(self, member):
        return tail(member.phone_tail if member.known_as else member.person.phone_tail) or None

    @admin.display(description=_("证件号码"))
    def id_shown(self, member):
        return None if member.known_as else mask_id(member.person.id_number) or None

    @admin.display(description=_("联系电话"))
    def phone_shown(self, member):
        masked = mask_phone(member.phone if member.known_as else member.person.phone)
        if not masked or not getattr(member, "revealable", False):
            return masked or None
        button = '{} <button class="button-quiet" type="submit" form="reveal">{}</button>'
        return format_html(button, masked, _("显示"))

    # --- The form
    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [
                (_("党员"), {"fields": _ON_RECORD if self._on_record(request) else _TYPED}),
                (_("组织关系"), {"fields": ("organisation", "member_class", "standing", "joined_on", "full_on", "employer")}),
            ]
        employer = "employer_name" if self._keeps_employer(request, obj) else "employer"
        belongs = ("organisation", "standing", "state_shown", "member_class", "mode", "joined_on", "full_on", employer)
        return [(_("党员"), {"fields": _ABOUT}), (_("组织关系"), {"fields": belongs})]

    def _keeps_employer(self, request, obj) -> bool:
        """A unit the user does not see is named; as a choice it would be lost on saving."""
        if not self.has_change_permission(request, obj):
            return True
        employer = obj.employer
        if employer is None or employer.area is None:
            return False
        return not scope_of(request.user).covers(type(employer).see, employer.area)

    def _on_record(self, request) -> Person | None:
        """Whom the address names (`?person=`), to be enrolled as they are on record; 404 for who is out of sight."""
        if not hasattr(request, "on_record"):
            key, seen = request.GET.get("person", ""), Person.objects.visible_to(request.user).current()
            found = seen.select_related("area", "community", "household").filter(pk=key) if key.isdecimal() else []
            request.on_record = next(iter(found), None)
            if key and request.on_record is None:
                raise Http404
        return request.on_record

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return _ON_RECORD if self._on_record(request) else ()
        return (*_ABOUT, "organisation", "standing", "state_shown", "member_class", "employer_name")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        shown = {name for _title, group in self.get_fieldsets(request, obj) for name in group["fields"]}
        for name in form.base_fields.keys() - shown:
            del form.base_fields[name]
        form.person = None if obj else self._on_record(request)
        return form

    @admin.display(description=_("住址"))
    def home(self, member):
        return whole_place(member.person)

    @admin.display(description=_("工作单位"))
    def employer_name(self, member):
        return member.employer.name if member.employer else None

    # --- The page
    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        answer = super().render_change_form(request, context, add, change, form_url, obj)
        if add and (person := self._on_record(request)):
            record_view(kind=ViewKind.OPENED, model=Person, object_id=person.pk, purpose="members.enrol")
            answer.context_data["show_save_and_add_another"] = False
        return answer

    def beside(self, request, member) -> dict:
        """The page shows what is on record of somebody: that it was opened is logged."""
        record_view(kind=ViewKind.OPENED, model=Member, object_id=member.pk, purpose="members.member")
        user = request.user
        member.place_seen = _sees_place(member, user)
        member.revealable = Member.objects.visible_to(user).revealable_by(user).filter(pk=member.pk).exists()
        return {
            "panels": [_record(member, user), _history(member, user)],
            "revealable_member": member if member.revealable else None,
        }

    # --- Writes
    def act(self, request, obj, form):
        data = form.cleaned_data
        if obj.pk:
            names = ("joined_on", "full_on", "mode")
            values = {name: data[name] for name in names} | {"employer": data.get("employer", obj.employer)}
            return actions.change_member(member=obj, by=request.user, **values)
        names = ("organisation", "member_class", "standing", "joined_on", "full_on", "employer")
        person = self._on_record(request)
        typed = None if person else NewPerson(data["name"], data["id_number"], phone=data["phone_number"])
        new = NewMember(**{name: data[name] for name in names}, person=person, typed=typed)
        return actions.enrol(new=new, by=request.user)

    def response_add(self, request, obj, post_url_continue=None):
        """From the list of hidden members one goes on with the list."""
        if not self._on_record(request):
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, gettext("已建档。"), messages.SUCCESS)
        return redirect(list_address(request.GET))


def _sees_place(member, user) -> bool:
    return member.area is not None and (not member.known_as or scope_of(user).covers(Member.see, member.area))


def _record(member, user) -> Panel:
    """The way to the person, unless the membership shows only what was typed."""
    scope = scope_of(user)
    lives = scope.everywhere(Person.see) or (member.area is not None and scope.covers(Person.see, member.area))
    page = reverse("admin:people_person_change", args=[member.person_id])
    lines = [(_("居民档案"), member.name, page)] if lives and not member.known_as else []
    return Panel(_("居民档案"), lines, _("没有您可以查看的居民档案。"))


def _history(member, user) -> Panel:
    moves = MemberMove.objects.visible_to(user).filter(member=member).select_related("to_organisation").order_by("-id")
    lines = []
    for move in moves:
        to = move.to_organisation.name if move.to_organisation else move.elsewhere
        change = f"{move.before} → {move.after}" if move.before else move.after
        text = "　".join(filter(None, [move.get_kind_display(), change, to, move.note]))
        lines.append((str(move.on), text, reverse("admin:members_membermove_change", args=[move.pk])))
    return Panel(_("异动记录"), lines, _("没有异动记录。"))


# --- Transfers


def _over(move, user) -> str:
    return "" if _is_open(move) else gettext("该转接已办结。")


def _is_open(move) -> bool:
    return move.kind == MoveKind.SENT and move.done_on is None


def _not_to_receive(move, user) -> str:
    if not _is_open(move):
        return _over(move, user)
    deciding = move.to_organisation_id or move.from_organisation_id
    ours = PartyOrganisation.objects.editable_by(user).filter(pk=deciding).exists()
    return "" if ours else gettext("该转接由转入的党组织办理回执。")


def _says_receive(move, user) -> list[str]:
    words = {"name": mask_name(move.member.name), "from": move.from_organisation.name, "to": move.to_organisation or ""}
    if move.to_organisation is None:
        return [gettext("登记收到区外党组织的回执：%(name)s不再计入“%(from)s”，其班子职务随之结束。") % words]
    return [gettext("%(name)s的组织关系由“%(from)s”转入“%(to)s”，原班子职务随之结束。") % words]


def _says_recall(move, user) -> list[str]:
    words = {"name": mask_name(move.member.name), "from": move.from_organisation.name}
    return [gettext("转接终止，%(name)s的组织关系仍在“%(from)s”。转出方撤回和转入方退回均在此办理。") % words]


def _receive(move, data, by):
    actions.receive(move=move, on=data["on"], by=by)
    return move


def _recall(move, data, by):
    actions.recall(move=move, note=data["note"], by=by)
    return move


@admin.register(MemberMove)
class MemberMoveAdmin(StepAdmin):
    steps = (
        Step("receive", _("回执"), _says_receive, _receive, DayForm, _not_to_receive),
        Step("recall", _("退回或撤回"), _says_recall, _recall, RecallForm, _over),
    )
    list_display = ("on", "kind", "member_name", "from_organisation", "to_shown", "state")
    list_display_links = ("on", "kind")
    list_filter = (TransferFilter, "kind")
    ordering = ("-id",)
    fields = readonly_fields = (
        "kind",
        "on",
        "member_name",
        "from_organisation",
        "to_shown",
        "before",
        "after",
        "note",
        "done_on",
        "by_name",
    )

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("member__person", "from_organisation", "to_organisation", "by")
        return rows.defer("member__phone", "member__person__phone", "member__person__id_number")

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def heading(self, move) -> str:
        return f"{move.get_kind_display()} {move.on}"

    @admin.display(description=_("党员"))
    def member_name(self, move):
        return move.member.name

    @admin.display(description=_("转入党组织"))
    def to_shown(self, move):
        return move.to_organisation.name if move.to_organisation else move.elsewhere or None

    @admin.display(description=_("经办人"))
    def by_name(self, move):
        return move.by.name if move.by else None

    @admin.display(description=_("办理"))
    def state(self, move):
        if move.kind != MoveKind.SENT:
            return None
        return badge("good", _("已办结")) if move.done_on else badge("watch", _("待回执"))
