"""One row of every scoped model at a given place, for the tests that must hold for all of them.

Every free text of a row carries its mark, a word found nowhere else, so that a page can be searched for what it must not show.
A new model joins with one function here; gridparty/tests/access/test_scoping_contract.py says so until it has.
"""

import hashlib
import uuid
from collections.abc import Callable
from datetime import date

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Appointment, RoleScheme, SchemePost, SchemeUse, User
from audit.choices import ChangeKind, ViewKind
from audit.models import ChangeEntry, ViewEntry
from grids.actions import place
from grids.choices import AreaEventKind, AreaKind
from grids.models import Area, AreaEvent, CodeRule, Placed
from jobs.choices import JobStatus, OutboxState
from jobs.models import Job, Notice, OutboxMessage, Schedule

FACTORIES: dict[type[Model], Callable[[Area], Model]] = {}
LEADS = {
    AreaKind.DISTRICT: Role.DISTRICT_OFFICIAL,
    AreaKind.STREET: Role.STREET_OFFICER,
    AreaKind.COMMUNITY: Role.COMMUNITY_SECRETARY,
    AreaKind.GRID: Role.GRID_LEADER,
    AreaKind.BUILDING: Role.BUILDING_LEADER,
}


def _digest(model: type[Model], code: str) -> str:
    return hashlib.sha256(f"{model._meta.label} {code}".encode()).hexdigest()


def mark(model: type[Model], code: str) -> str:
    """The word that tells a row of this model at the area of this code; plain letters, so that no encoding hides it."""
    return f"zq{_digest(model, code)[:8]}"


def phone_at(code: str) -> str:
    """A phone number like no other's."""
    return f"15{int(_digest(User, code)[8:24], 16) % 10**9:09d}"


def factory(model: type[Model]):
    """Register the function that makes a row of this model."""

    def register(function):
        FACTORIES[model] = function
        return function

    return register


def placed(model: type[Placed], area: Area, **values) -> Placed:
    row = model(**values)
    place(row=row, area=area)
    row.save()
    return row


def photo() -> str:
    """The name of a picture in storage."""
    name = "users/picture.jpg"
    return name if default_storage.exists(name) else default_storage.save(name, ContentFile(b"\xff\xd8\xff\xe0 picture"))


def user(code: str, **values) -> User:
    """A user without posts whose name, phone and address are those of `code`."""
    word = mark(User, code)
    phone = phone_at(code)
    values = {"username": f"u{word}", "name": f"李四{word}", "email": f"{word}@example.com", **values}
    row = User(phone=phone, phone_tail=phone[-4:], photo=photo(), **values)
    row.set_unusable_password()
    row.save()
    return row


# --- One function a model


@factory(Area)
def area_itself(area: Area) -> Area:
    return area


@factory(AreaEvent)
def area_event(area: Area) -> AreaEvent:
    word = mark(AreaEvent, area.code)
    return placed(AreaEvent, area, kind=AreaEventKind.RENAMED, on=date(2024, 3, 1), before=word, after=word, note=word)


@factory(CodeRule)
def code_rule(area: Area) -> CodeRule:
    return CodeRule.objects.create(kind=f"k{area.pk}"[:10], prefix="K")


@factory(User)
def holder(area: Area) -> User:
    """Who leads the area."""
    return appointment(area).user


@factory(Appointment)
def appointment(area: Area) -> Appointment:
    """The post of who leads the area, made once."""
    word = mark(Appointment, area.code)
    return Appointment.objects.filter(duties=word).first() or placed(
        Appointment, area, user=user(area.code), role=LEADS[AreaKind(area.kind)], starts_on=date(2021, 5, 1), duties=word
    )


@factory(RoleScheme)
def role_scheme(area: Area) -> RoleScheme:
    word = mark(RoleScheme, area.code)
    return RoleScheme.objects.filter(name=word).first() or RoleScheme.objects.create(name=word, note=word)


@factory(SchemePost)
def scheme_post(area: Area) -> SchemePost:
    word = mark(SchemePost, area.code)
    return SchemePost.objects.create(
        scheme=role_scheme(area), kind=AreaKind.GRID, role=Role.GRID_LEADER, title=word, duties=word, needed=2
    )


@factory(SchemeUse)
def scheme_use(area: Area) -> SchemeUse:
    return placed(SchemeUse, area, scheme=role_scheme(area))


@factory(ChangeEntry)
def change_entry(area: Area) -> ChangeEntry:
    """What the log holds of the area: an old name."""
    return ChangeEntry.objects.create(
        at=timezone.now(),
        operation="grids.rename_area",
        operation_id=uuid.uuid4(),
        model="grids.area",
        object_id=area.pk,
        kind=ChangeKind.CHANGED,
        changes={"name": [area.name, area.name]},
    )


@factory(ViewEntry)
def view_entry(area: Area) -> ViewEntry:
    return ViewEntry.objects.create(
        kind=ViewKind.EXPORTED, model="grids.area", object_id=area.pk, purpose=mark(ViewEntry, area.code)
    )


@factory(Job)
def job(area: Area) -> Job:
    """Work asked for by who leads the area."""
    return job_of(holder(area), mark(Job, area.code))


def job_of(by: User, word: str) -> Job:
    """Work that failed, so that it can be run again."""
    texts = {"message": word, "error": word, "result": {"word": word}}
    return Job.objects.create(kind="jobs.prune", status=JobStatus.FAILED, created_by=by, send_again_at=timezone.now(), **texts)


@factory(Schedule)
def schedule(area: Area) -> Schedule:
    return Schedule.objects.create(name=mark(Schedule, area.code), kind="jobs.prune", next_due_at=timezone.now())


@factory(Notice)
def notice(area: Area) -> Notice:
    return notice_to(holder(area), mark(Notice, area.code))


def notice_to(recipient: User, word: str) -> Notice:
    return Notice.objects.create(recipient=recipient, subject=word, body=word, batch=uuid.uuid4())


@factory(OutboxMessage)
def outbox_message(area: Area) -> OutboxMessage:
    return OutboxMessage.objects.create(
        notice=notice(area), channel="email", state=OutboxState.FAILED, next_try_at=timezone.now()
    )
