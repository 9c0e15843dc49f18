"""What members do for others where they live: posts, teams, activities, hours, and the cards that tell their employers."""

from services.models.activities import Activity, ActivityPhoto, ServiceHours, SignUp, Team, TeamMember
from services.models.cards import CardRule, FeedbackCard
from services.models.posts import Absence, Claim, PostClass, PostKind, PostShift, PostSkill, ServicePost

__all__ = [
    "Absence",
    "Activity",
    "ActivityPhoto",
    "CardRule",
    "Claim",
    "FeedbackCard",
    "PostClass",
    "PostKind",
    "PostShift",
    "PostSkill",
    "ServiceHours",
    "ServicePost",
    "SignUp",
    "Team",
    "TeamMember",
]
