"""Keeping in touch with members, as their management mode asks for."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from members.choices import ContactWay
from members.errors import MemberRefused
from members.models import Contact, Member


@action("members.note_contacts")
def note_contacts(*, members: Iterable[Member], by, on: date | None = None, way: str = ContactWay.VISIT, note: str = "") -> int:
    """Note that `by` was in touch with members of theirs, all or none; the same noted before is left. Returns how many are new.

    Raises MemberRefused.
    """
    keys, on = {member.pk for member in members}, on or today()
    if on > today():
        raise MemberRefused(_("日期在今天之后，请核对。"))
    kept = Member.objects.on_roll() if by is None else Member.objects.kept_by(by, Can.PROPOSE_POINTS).on_roll()
    found = set(kept.filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    if keys - found:
        raise MemberRefused(_("其中有不在您管理范围内或不在册的党员，请重新选择。"))
    same = Contact.objects.filter(member__in=found, on=on, way=way, by=by)
    new = sorted(found - set(same.values_list("member", flat=True)))
    Contact.objects.bulk_create(Contact(member_id=pk, on=on, way=way, note=note.strip(), by=by) for pk in new)
    return len(new)
