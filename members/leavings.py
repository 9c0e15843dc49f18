"""What becomes of a membership when the member dies."""

from gridparty.lib.registry import leavings
from members.actions.accounts import follow_posts
from members.actions.balances import follow
from members.actions.membership import end_seats
from members.choices import MOVES, MemberState, MoveKind
from members.models import Member, MemberMove


@leavings
def end_membership(*, person, on, by) -> None:
    member = Member.objects.select_for_update(of=("self",)).filter(person=person).first()
    if member is None or member.state not in MOVES[MoveKind.DIED][0]:
        return
    MemberMove.objects.filter(member=member, kind=MoveKind.SENT, done_on=None).update(done_on=on)
    member.state = MemberState.DIED
    member.save()
    MemberMove(member=member, kind=MoveKind.DIED, on=on, by=by, from_organisation_id=member.organisation_id).save()
    end_seats(person.pk, by, on)
    follow_posts(members=[member.pk], by=by)
    follow(members=[member.pk], by=by)
