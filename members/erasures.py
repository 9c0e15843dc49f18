"""What a membership holds of somebody whose personal data are to go."""

from django.db import transaction
from django.utils.translation import gettext as _

from gridparty.lib.registry import erasures
from members.choices import ON_ROLL
from members.errors import MemberRefused
from members.models import Contact, Member, MemberMove, PointEntry, Seat


@erasures
def blank_membership(*, person, by) -> None:
    """A member on the roll is kept: the party's own rules ask for the record. Of a past one nothing personal stays."""
    member = Member.objects.filter(person=person).first()
    if member is not None and member.state in ON_ROLL:
        raise MemberRefused(_("该人员是在册党员，请先办理党员档案。"))
    if Seat.objects.in_force().filter(person=person).exists():
        raise MemberRefused(_("该人员仍担任党内职务，请先办理离任。"))
    if member is not None:
        MemberMove.objects.filter(member=member).update(note="", elsewhere="")
        member.known_as, member.phone, member.phone_tail = "", "", ""
        member.joined_on, member.full_on, member.employer = None, None, None
        member.save()
        _blank_points(member)
        Contact.objects.filter(member=member).update(note="")


def _blank_points(member: Member) -> None:
    """The lines of the ledger stay, for totals follow from them; what was written and pictured goes."""
    rows = PointEntry.objects.filter(balance__member=member)
    photos, storage = list(rows.exclude(photo="").values_list("photo", flat=True)), PointEntry._meta.get_field("photo").storage
    rows.update(note="", photo="", reason="", appeal_text="", appeal_answer="")
    transaction.on_commit(lambda: [storage.delete(name) for name in photos])
