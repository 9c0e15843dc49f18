"""The membership and the party offices of somebody, on their page, for who may see members."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.registry import Panel, panels
from members.models import Member, Seat
from people.models import Person


@panels
def membership(person: Person, user) -> list[Panel]:
    if not scope_of(user).has(Can.SEE_MEMBERS):
        return []
    rows = Member.objects.visible_to(user).filter(person=person)
    member = rows.select_related("organisation", "member_class", "mode").defer("phone").first()
    lines = []
    if member is not None:
        page = reverse("admin:members_member_change", args=[member.pk])
        joined = str(member.joined_on) if member.joined_on else "—"
        lines = [
            (_("党组织"), member.organisation.name, page),
            (_("状态"), f"{member.get_standing_display()} {member.get_state_display()}", ""),
            (_("类别"), f"{member.member_class} {member.mode}", ""),
            (_("入党日期"), joined, ""),
        ]
    return [Panel(_("党员档案"), lines, _("没有您可以查看的党员档案。"))]


@panels
def offices(person: Person, user) -> list[Panel]:
    if not scope_of(user).has(Can.SEE_MEMBERS):
        return []
    if person.user_id is None:  # who holds a seat is a user
        return [Panel(_("党内职务"), [], _("没有您可以查看的党内职务。"))]
    seats = Seat.objects.visible_to(user).in_force().filter(person=person).select_related("organisation").order_by("pk")
    lines = [
        (
            seat.get_title_display(),
            f"{seat.organisation.name} {seat.starts_on} — {seat.ends_on or ''}".rstrip(),
            reverse("admin:members_partyorganisation_change", args=[seat.organisation_id]),
        )
        for seat in seats
    ]
    return [Panel(_("党内职务"), lines, _("没有您可以查看的党内职务。"))]
