"""No-shows: noted by who runs the post, explained by the member, answered by somebody else."""

from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from jobs.actions import notify
from services.actions.places import locked
from services.choices import SERVED, AbsenceState
from services.errors import ClaimRefused
from services.models import Absence, Claim
from services.offers import in_short, offered


@action("services.note_absence")
def note_absence(*, claim: Claim, on: date, by, note: str = "") -> Absence:
    """Somebody in post did not come on a day; they hear of it and may explain. Raises ClaimRefused."""
    post = locked(claim.post)
    claim = Claim.objects.select_related("member__person__user").get(pk=claim.pk)
    claim.post = post
    _check(claim, by)
    last = min(today(), claim.ended_on or post.ends_on)
    if claim.state not in SERVED or claim.started_on is None:
        raise ClaimRefused(_("该党员还没有上岗，不用登记未到。"))
    if not claim.started_on <= on <= last:
        words = {"first": in_short(claim.started_on), "last": in_short(last)}
        raise ClaimRefused(_("日期应在%(first)s至%(last)s之间，请核对。") % words)
    (offer,) = offered([post])
    if offer.slots and not any(slot.is_on(on) for slot in offer.slots):
        raise ClaimRefused(_("%(day)s没有安排服务，请核对日期。") % {"day": in_short(on)})
    if Absence.objects.filter(claim=claim, on=on).exists():
        raise ClaimRefused(_("%(day)s已登记过未到，不用重复登记。") % {"day": in_short(on)})
    absence = Absence.objects.create(claim=claim, on=on, note=note.strip(), noted_by=by)
    _tell(absence, _("有一次未到岗记录"), _("“%(post)s”登记您%(day)s未到岗。有特殊情况的，请打开说明。"), by)
    return absence


@action("services.explain_absence")
def explain_absence(*, absence: Absence, by, text: str) -> Absence:
    """The member's own words, once. Raises ClaimRefused."""
    absence = _locked(absence)
    if absence.claim.member.person.user_id != by.pk:
        raise ClaimRefused(_("未到岗的情况由本人说明。"))
    _expect(absence, AbsenceState.NOTED)
    if not text.strip():
        raise ClaimRefused(_("请写明没有到岗的原因。"))
    absence.state, absence.explanation, absence.explained_at = AbsenceState.EXPLAINED, text.strip(), timezone.now()
    absence.save()
    return absence


@action("services.answer_absence")
def answer_absence(*, absence: Absence, excuse: bool, by, text: str = "") -> Absence:
    """Excuse it, or uphold the record with the reason; the member hears. Raises ClaimRefused."""
    absence = _locked(absence)
    _check(absence.claim, by)
    _expect(absence, AbsenceState.EXPLAINED)
    if not excuse and not text.strip():
        raise ClaimRefused(_("维持记录的，请写明理由。"))
    absence.state = AbsenceState.EXCUSED if excuse else AbsenceState.UPHELD
    absence.answer, absence.answered_by = text.strip(), by
    absence.save()
    _tell(absence, _("未到岗的说明已答复"), _("“%(post)s”%(day)s未到岗的说明已答复，请打开查看。"), by)
    return absence


def _locked(absence: Absence) -> Absence:
    rows = Absence.objects.select_for_update(of=("self",)).select_related("claim__post__area", "claim__member__person__user")
    return rows.get(pk=absence.pk)


def _check(claim: Claim, by) -> None:
    """Somebody else's, and within reach."""
    if claim.member.person.user_id == by.pk:
        raise ClaimRefused(_("本人的到岗情况由他人登记和答复。"))
    if not scope_of(by).covers(Can.RUN_SERVICES, claim.post.area):
        raise ClaimRefused(_("该岗位不在您的管理范围内。"))


def _expect(absence: Absence, state: str) -> None:
    if absence.state != state:
        raise ClaimRefused(_("该记录现为“%(state)s”，请刷新后再办理。") % {"state": absence.get_state_display()})


def _tell(absence: Absence, subject: str, body: str, by) -> None:
    user, claim = absence.claim.member.person.user, absence.claim
    if user is None:
        return
    words = {"post": claim.post.title, "day": in_short(absence.on)}
    link = reverse("services:my_claim", args=[claim.pk])
    once_key = f"absence-{absence.pk}-{absence.state}"
    notify(recipients=[user], subject=subject, body=body % words, link=link, by=by, once_key=once_key)
