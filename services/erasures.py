"""What services hold of somebody whose personal data are to go: the texts. That they served, and how long, stays."""

from gridparty.lib.registry import erasures
from services.models import Absence, Claim, FeedbackCard, ServiceHours


@erasures
def blank_services(*, person, by) -> None:
    Claim.objects.filter(member__person=person).update(wish="", reason="")
    Absence.objects.filter(claim__member__person=person).update(note="", explanation="", answer="")
    ServiceHours.objects.filter(member__person=person).update(note="", reason="")
    cards = FeedbackCard.objects.filter(member__person=person)
    cards.update(remark="", suggestion="", reason="", answer_text="", answerer="")
