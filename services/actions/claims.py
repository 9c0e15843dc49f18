"""Claims of members on posts. Everything happens under the lock of the post: of two who want the last place one gets it.

Lock order: the post, then rows of members in the order of their keys.
"""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import scope_of
from gridparty.lib.dates import today
from jobs.actions import notify
from members.models import Member
from services.actions.places import give_back, locked, take
from services.choices import CLAIM_MOVES, HOLDING, ClaimMove, ClaimState, PostState
from services.errors import ClaimRefused
from services.models import Claim, ServicePost
from services.offers import in_short, last_withdrawal_on, may_withdraw, offered, takers, unfit, why_not


@action("services.claim_post")
def claim_post(*, post: ServicePost, by, wish: str = "", wait: bool = False) -> Claim:
    """Claim a place for oneself; it is held at once, until somebody decides. `wait`: where all are taken, wait in line.

    Raises ClaimRefused.
    """
    post = locked(post)
    member = _held(Member.objects.own(by).on_roll()).first()
    taker = takers([member])[member.pk] if member else None
    (offer,) = offered([post])
    if why := why_not(offer, taker, wait=wait):
        raise ClaimRefused(why)
    state = ClaimState.APPLIED if take(post) else ClaimState.WAITING
    return Claim.objects.create(post=post, member=member, state=state, wish=wish.strip())


def _held(members):
    """These members, locked in the order of their keys: what else they claim or sign up for waits meanwhile."""
    return members.select_for_update(of=("self",)).select_related("organisation", "member_class").order_by("pk")


@action("services.move_claim")
def move_claim(*, claim: Claim, move: str, by, reason: str = "") -> Claim:
    """One move of choices.CLAIM_MOVES by somebody: others decide, oneself withdraws. A place that becomes free goes to the next.

    Raises ClaimRefused.
    """
    post = locked(claim.post)
    claim = Claim.objects.select_related("member__person__user").get(pk=claim.pk)
    claim.post = post
    _check(claim, move, by, reason)
    held = claim.state in HOLDING
    _EFFECTS[move](claim)
    claim.reason = reason.strip()
    if CLAIM_MOVES[move].can is not None:
        claim.decided_by, claim.decided_at = by, timezone.now()
    claim.save()
    if held and claim.state not in HOLDING:
        give_back(post, lambda: take_up(post))
    _tell(claim, move, by)
    return claim


def _check(claim: Claim, move: str, by, reason: str) -> None:
    rule, own = CLAIM_MOVES[move], claim.member.person.user_id == by.pk
    if move not in _EFFECTS:
        raise ClaimRefused(_("上岗和递补由系统办理，不用手工操作。"))
    if rule.can is not None and own:
        raise ClaimRefused(_("本人的认领由他人办理，请联系社区的其他工作人员。"))
    if not (own if rule.can is None else scope_of(by).covers(rule.can, claim.post.area)):
        raise ClaimRefused(_("该认领不由您办理。"))
    if claim.state not in rule.states:
        raise ClaimRefused(_("该认领现为“%(state)s”，请刷新后再办理。") % {"state": claim.get_state_display()})
    if rule.asks and not reason.strip():
        raise ClaimRefused(_("请写明原因，党员本人会看到。"))
    if move == ClaimMove.WITHDRAW and not may_withdraw(claim):
        words = {"day": in_short(last_withdrawal_on(claim.post)), "office": (claim.post.community or claim.post.area).name}
        raise ClaimRefused(_("自行退出的期限是%(day)s，已经过了。确实不能上岗的，请联系%(office)s。") % words)
    if move == ClaimMove.APPROVE and claim.post.ends_on < today():
        raise ClaimRefused(_("岗位已于%(day)s结束，不能再定岗。") % {"day": in_short(claim.post.ends_on)})


def _approve(claim: Claim) -> None:
    """Who is approved after the term has begun serves at once."""
    begun = claim.post.starts_on <= today()
    claim.state = ClaimState.SERVING if begun else ClaimState.APPROVED
    claim.started_on = today() if begun else None


def _refuse(claim: Claim) -> None:
    claim.state = ClaimState.REFUSED


def _withdraw(claim: Claim) -> None:
    claim.state = ClaimState.WITHDRAWN


def _release(claim: Claim) -> None:
    """Without a first day there is no last one: who never began did not serve."""
    claim.state, claim.ended_on = ClaimState.ENDED, today() if claim.started_on else None


_EFFECTS = {
    ClaimMove.APPROVE: _approve,
    ClaimMove.REFUSE: _refuse,
    ClaimMove.WITHDRAW: _withdraw,
    ClaimMove.RELEASE: _release,
}


def take_up(post: ServicePost) -> Claim | None:
    """The first of those who wait that still fits is no longer in line, and hears of it. The place is the caller's matter."""
    waiting = list(Claim.objects.filter(post=post, state=ClaimState.WAITING).order_by("pk"))
    if not waiting or post.state != PostState.PUBLISHED or post.ends_on < today():
        return None
    found = takers(list(_held(Member.objects.filter(pk__in=[claim.member_id for claim in waiting]))))
    (offer,) = offered([post])
    heir = next((claim for claim in waiting if not unfit(offer, found[claim.member_id])), None)
    if heir is not None:
        heir.state, heir.post = ClaimState.APPLIED, post
        heir.save()
        _tell(heir, ClaimMove.TAKE_UP, None)
    return heir


# --- Telling


def _tell(claim: Claim, move: str, by) -> None:
    """The member hears of what others decided; reasons stand on the page, not in a notice that goes out by mail."""
    said = {
        ClaimMove.APPROVE: (_("岗位认领已通过"), _("“%(post)s”已为您定岗，%(day)s上岗。")),
        ClaimMove.REFUSE: (_("岗位认领未通过"), _("“%(post)s”的认领没有通过，原因请打开查看。")),
        ClaimMove.RELEASE: (_("岗位已办理离岗"), _("您在“%(post)s”的服务已办理离岗，原因请打开查看。")),
        ClaimMove.TAKE_UP: (_("候补递补成功"), _("“%(post)s”有了空缺，已为您递补，等社区确认。")),
    }.get(move)
    user = claim.member.person.user
    if said is None or user is None:
        return
    begins = max(claim.post.starts_on, claim.started_on or claim.post.starts_on)
    subject, body = said[0], said[1] % {"post": claim.post.title, "day": in_short(begins)}
    link = reverse("services:my_claim", args=[claim.pk])
    notify(recipients=[user], subject=subject, body=body, link=link, by=by, once_key=f"claim-{claim.pk}-{move}")
