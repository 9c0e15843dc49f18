from liaison.models.agreements import (
    Agreement,
    AgreementScan,
    AgreementTemplate,
    Commitment,
    CommitmentPhoto,
    QuarterReport,
)
from liaison.models.meetings import AgendaItem, Attendance, Body, BodyMember, Meeting, Resolution

__all__ = [
    "AgendaItem",
    "Agreement",
    "AgreementScan",
    "AgreementTemplate",
    "Attendance",
    "Body",
    "BodyMember",
    "Commitment",
    "CommitmentPhoto",
    "Meeting",
    "QuarterReport",
    "Resolution",
]
