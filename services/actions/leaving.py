"""Who dies or leaves the roll keeps no place: it goes to the next who waits."""

from datetime import date

from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.dates import today
from members.choices import ON_ROLL
from services.actions.activities import let_in
from services.actions.claims import take_up
from services.actions.places import give_back, locked
from services.choices import HOLDING, LIVE, ActivityState, ClaimState, SignUpState
from services.models import Claim, SignUp


@action("services.release_gone")
def release_gone(*, person=None, day: date | None = None) -> int:
    """End the live claims and sign-ups of `person`, else of all who are off the roll; how many. May run twice, and at once."""
    whose = {"member__person": person} if person is not None else {}
    claims = Claim.objects.live().filter(**whose).exclude(member__state__in=sorted(ON_ROLL))
    signups = SignUp.objects.exclude(state=SignUpState.WITHDRAWN).filter(**whose, attended="")
    signups = signups.filter(activity__state=ActivityState.OPEN).exclude(member__state__in=sorted(ON_ROLL))
    ended = [_release(claim, day or today()) for claim in claims.select_related("post").order_by("post", "pk")]
    left = [_withdraw(signup) for signup in signups.select_related("activity").order_by("activity", "pk")]
    return sum(ended) + sum(left)


def _release(claim: Claim, day: date) -> bool:
    post = locked(claim.post)
    claim = Claim.objects.get(pk=claim.pk)
    if claim.state not in LIVE:
        return False  # another worker was faster
    held, served = claim.state in HOLDING, claim.state == ClaimState.SERVING
    claim.state, claim.reason = ClaimState.ENDED if served else ClaimState.WITHDRAWN, _("已不在册，名额已让出。")
    claim.ended_on = day if served else None
    claim.save()
    if held:
        give_back(post, lambda: take_up(post))
    return True


def _withdraw(signup: SignUp) -> bool:
    row = locked(signup.activity)
    signup = SignUp.objects.get(pk=signup.pk)
    if signup.state == SignUpState.WITHDRAWN or signup.attended:
        return False
    had_place = signup.state == SignUpState.SIGNED
    signup.state = SignUpState.WITHDRAWN
    signup.save()
    if had_place:
        give_back(row, lambda: let_in(row, None))
    return True
