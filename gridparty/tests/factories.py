"""One row of every scoped model at a given place, for the tests that must hold for all of them.

Every free text of a row carries its mark, a word found nowhere else, so that a page can be searched for what it must not show.
A new model joins with one function here; gridparty/tests/access/test_scoping_contract.py says so until it has.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import date, time, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Appointment, RoleScheme, SchemePost, SchemeUse, User
from audit.choices import ChangeKind, ViewKind
from audit.models import ChangeEntry, ViewEntry
from cases.choices import MoveKind as CaseMoveKind
from cases.choices import Procedure, ReportEventKind, ReportState, Side, Source, Step
from cases.models import (
    Case,
    CaseEvent,
    CasePhoto,
    Deadline,
    JournalEntry,
    Rating,
    ReportEvent,
    ReportException,
    ReportRule,
    Subject,
    WeeklyReport,
)
from gridparty.lib import idnumbers, names
from gridparty.lib.dates import Week, today
from grids.actions import place
from grids.choices import AreaEventKind, AreaKind
from grids.models import Area, AreaEvent, CodeRule, Norm, Placed
from jobs.choices import JobStatus, OutboxState
from jobs.models import FormReceipt, Job, Notice, OutboxMessage, Schedule, SpecialDay
from members.choices import EntryState, MemberState, OrganisationKind, SchemeState, SeatTitle
from members.choices import MoveKind as MemberMoveKind
from members.models import (
    ClassScheme,
    ClassUse,
    Contact,
    ExemptClass,
    ItemClass,
    ManagementMode,
    Member,
    MemberClass,
    MemberMove,
    NamedDay,
    PartyOrganisation,
    PointBalance,
    PointCategory,
    PointEntry,
    PointItem,
    PointScheme,
    Seat,
    Unit,
    Zone,
)
from people.choices import IdKind, MoveKind, Relation
from people.models import (
    Care,
    CareClass,
    Household,
    MoveRequest,
    Person,
    PersonMerge,
    PersonSkill,
    Residence,
    Skill,
    Visit,
)
from people.querysets import id_hashes
from rosters.choices import ImportState, Kind
from rosters.models import Export, Import, ImportBefore, ImportFile, ImportProblem, ImportRow, Mapping
from rosters.querysets import posts_of
from services.choices import AbsenceState, ClaimState, PostState, SignUpState, Weekday
from services.models import (
    Absence,
    Activity,
    ActivityPhoto,
    CardRule,
    Claim,
    FeedbackCard,
    PostClass,
    PostKind,
    PostShift,
    PostSkill,
    ServiceHours,
    ServicePost,
    SignUp,
    Team,
    TeamMember,
)

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


@factory(SpecialDay)
def special_day(area: Area) -> SpecialDay:
    on = date(2010, 1, 1) + timedelta(days=int(_digest(SpecialDay, area.code)[:6], 16) % 3000)
    return SpecialDay.objects.filter(on=on).first() or SpecialDay.objects.create(on=on, name=mark(SpecialDay, area.code))


@factory(Notice)
def notice(area: Area) -> Notice:
    return notice_to(holder(area), mark(Notice, area.code))


def notice_to(recipient: User, word: str) -> Notice:
    return Notice.objects.create(recipient=recipient, subject=word, body=word, batch=uuid.uuid4())


@factory(FormReceipt)
def form_receipt(area: Area) -> FormReceipt:
    return receipt_of(holder(area), mark(FormReceipt, area.code))


def receipt_of(user: User, word: str) -> FormReceipt:
    return FormReceipt.objects.create(form_id=uuid.uuid4(), user=user, page="/", address="/", sentence=word)


@factory(OutboxMessage)
def outbox_message(area: Area) -> OutboxMessage:
    return OutboxMessage.objects.create(
        notice=notice(area), channel="email", state=OutboxState.FAILED, next_try_at=timezone.now()
    )


# --- People


def id_number_at(code: str) -> str:
    """An ID number like no other's, of a man born in 1960 to 1987."""
    digest = int(_digest(Person, code)[8:24], 16)
    born_on = date(1960, 1, 1) + timedelta(days=digest % 10_000)
    return idnumbers.synthetic("370199", born_on, digest // 10_000 % 500 * 2 + 1)


def person_called(code: str, area: Area, **values) -> Person:
    """Somebody new whose name and numbers are those of `code`."""
    word = mark(Person, code)
    name, number, phone = f"王{word}", id_number_at(code), phone_at(f"person {code}")
    known = idnumbers.parse(number)
    texts = {"name": name, "pinyin": names.pinyin(name), "initials": names.initials(name), "ethnicity": word, "employer": word}
    numbers = {"id_number": number, "id_kind": IdKind.CITIZEN, "id_hash": id_hashes(number)[0], "id_tail": number[-4:]}
    numbers |= {"phone": phone, "phone_tail": phone[-4:], "sex": known.sex, "born_on": known.born_on}
    row = placed(Person, area, **(texts | numbers | values))
    placed(Residence, area, person=row, household=row.household, relation=row.relation, from_on=date(2020, 1, 1))
    return row


@factory(Household)
def household(area: Area) -> Household:
    """The household of the area, made once."""
    room = mark(Household, area.code)
    return Household.objects.filter(room=room).first() or placed(Household, area, unit="1", room=room)


@factory(Person)
def person(area: Area) -> Person:
    """Who lives in the area, made once; in a building as the head of its household."""
    word = mark(Person, area.code)
    home = {"household": household(area), "relation": Relation.HEAD} if area.kind == AreaKind.BUILDING else {}
    return Person.objects.filter(name=f"王{word}").first() or person_called(area.code, area, stated_member=True, **home)


@factory(Residence)
def residence(area: Area) -> Residence:
    """The home that whoever lives in the area had there before."""
    ended = {"from_on": date(2010, 1, 1), "until_on": date(2012, 1, 1), "went": MoveKind.MOVED}
    return placed(Residence, area, person=person(area), **ended)


@factory(MoveRequest)
def move_request(area: Area) -> MoveRequest:
    """For somebody on record in the first building of another community, made once."""
    word = mark(MoveRequest, area.code)
    held = Area.objects.filter(kind=AreaKind.BUILDING).exclude(community=area.community_id).order_by("code").first()
    texts = {"typed_name": f"王{word}", "reason": word, "answer": word}
    return MoveRequest.objects.filter(reason=word).first() or placed(
        MoveRequest, area, person=person_called(f"wanted {area.code}", held), held_area=held, asked_by=holder(area), **texts
    )


@factory(PersonMerge)
def person_merge(area: Area) -> PersonMerge:
    """A record, made once, that became part of that of the area's person."""
    unnumbered = {"id_hash": None, "id_number": "", "id_tail": "", "id_kind": ""}
    kept, word = person(area), mark(Person, f"dropped {area.code}")
    known = PersonMerge.objects.filter(dropped__name=f"王{word}").first()
    if known is not None:
        return known
    dropped = person_called(f"dropped {area.code}", area, **unnumbered, merged_into=kept)
    Residence.objects.filter(person=dropped).update(until_on=date(2024, 1, 1), went=MoveKind.MERGED)
    columns = ("district_id", "street_id", "community_id", "grid_id", "area_id")
    here = {"household_id": None, "relation": ""} | {column: getattr(dropped, column) for column in columns}
    before = {"moved": {}, "filled": [], "drop": here, "residence": None}
    return PersonMerge.objects.create(kept=kept, dropped=dropped, before=before)


@factory(CareClass)
def care_class(area: Area) -> CareClass:
    word = mark(CareClass, area.code)
    return CareClass.objects.filter(name=word).first() or CareClass.objects.create(name=word, note=word)


@factory(Care)
def care(area: Area) -> Care:
    """Overdue."""
    word, on = mark(Care, area.code), {"since_on": date(2024, 1, 1), "next_visit_on": date(2024, 1, 1)}
    who = {"person": person(area), "responsible": holder(area)}
    return Care.objects.filter(reason=word).first() or placed(Care, area, **who, **on, care_class=care_class(area), reason=word)


@factory(Visit)
def visit(area: Area) -> Visit:
    at = person(area)
    about = {"person": at, "household": at.household}
    return placed(Visit, area, **about, on=date(2024, 5, 1), by=holder(area), note=mark(Visit, area.code))


@factory(Skill)
def skill(area: Area) -> Skill:
    word = mark(Skill, area.code)
    return Skill.objects.filter(name=word).first() or Skill.objects.create(name=word)


@factory(PersonSkill)
def person_skill(area: Area) -> PersonSkill:
    word = mark(PersonSkill, area.code)
    texts = {"detail": word, "agreed_on": date(2024, 1, 1)}
    known = PersonSkill.objects.filter(detail=word).first()
    return known or placed(PersonSkill, area, person=person(area), skill=skill(area), **texts)


# --- Members

ORGANISED = {
    AreaKind.DISTRICT: OrganisationKind.WORK_COMMITTEE,
    AreaKind.STREET: OrganisationKind.WORK_COMMITTEE,
    AreaKind.COMMUNITY: OrganisationKind.COMMITTEE,
    AreaKind.GRID: OrganisationKind.BRANCH,
    AreaKind.BUILDING: OrganisationKind.GROUP,
}


@factory(Norm)
def norm(area: Area) -> Norm:
    return Norm.objects.create(kind=f"k{area.pk}", low=1, high=2)


@factory(ManagementMode)
def management_mode(area: Area) -> ManagementMode:
    word = mark(ManagementMode, area.code)
    return ManagementMode.objects.filter(name=word).first() or ManagementMode.objects.create(name=word, duty=word)


@factory(ClassScheme)
def class_scheme(area: Area) -> ClassScheme:
    word = mark(ClassScheme, area.code)
    return ClassScheme.objects.filter(name=word).first() or ClassScheme.objects.create(name=word, note=word)


@factory(MemberClass)
def member_class(area: Area) -> MemberClass:
    word = mark(MemberClass, area.code)
    of = {"scheme": class_scheme(area), "mode": management_mode(area)}
    return MemberClass.objects.filter(name=word).first() or MemberClass.objects.create(name=word, **of)


@factory(ClassUse)
def class_use(area: Area) -> ClassUse:
    return placed(ClassUse, area, scheme=class_scheme(area))


@factory(Unit)
def unit(area: Area) -> Unit:
    word, phone = mark(Unit, area.code), phone_at(f"unit {area.code}")
    texts = {"name": word, "address": word, "contact_name": word, "contact_phone": phone, "contact_tail": phone[-4:]}
    return Unit.objects.filter(name=word).first() or placed(Unit, area, **texts)


@factory(PartyOrganisation)
def organisation(area: Area) -> PartyOrganisation:
    """The organisation of the area, made once."""
    return organisation_called(area.code, area, ORGANISED[AreaKind(area.kind)])


def organisation_called(code: str, area: Area | None, kind: str) -> PartyOrganisation:
    word = mark(PartyOrganisation, code)
    known = PartyOrganisation.objects.filter(name=word).first()
    if known is not None:
        return known
    row = PartyOrganisation(kind=kind, name=word, full_name=f"中共{word}", elected_on=date(2024, 3, 1))
    row.next_election_on = date(2024, 3, 2)
    if area is not None:
        place(row=row, area=area)
    row.save()
    row.path = f"{row.pk}/"
    row.save()
    return row


@factory(Zone)
def zone(area: Area) -> Zone:
    """The area itself, whatever its kind: there are not buildings enough for all."""
    return Zone.objects.filter(building=area).first() or Zone.objects.create(organisation=organisation(area), building=area)


@factory(Seat)
def seat(area: Area) -> Seat:
    title = SeatTitle.GROUP_LEADER if area.kind == AreaKind.BUILDING else SeatTitle.ORGANISER
    of = {"organisation": organisation(area), "person": person(area), "title": title}
    return Seat.objects.filter(**of).first() or Seat.objects.create(**of, starts_on=date(2024, 3, 1))


@factory(Member)
def member(area: Area) -> Member:
    """Whoever lives in the area, made once."""
    return Member.objects.filter(person=person(area)).first() or member_who(person(area), area)


def member_who(one: Person, area: Area, **values) -> Member:
    """The membership of somebody in the organisation of `area`, where they live unless `values` say otherwise."""
    home = values.pop("home", area)
    sorted_as = {"member_class": member_class(area), "mode": management_mode(area), "employer": unit(area)}
    values = {"organisation": organisation(area), **sorted_as, "joined_on": date(2010, 7, 1), **values}
    return placed(Member, home, person=one, **values)


@factory(MemberMove)
def member_move(area: Area) -> MemberMove:
    """Somebody on the way to an organisation of elsewhere, made once."""
    word = mark(MemberMove, area.code)
    known = MemberMove.objects.filter(note=word).first()
    if known is not None:
        return known
    leaving = member_who(person_called(f"leaving {area.code}", area), area, state=MemberState.TRANSFERRING)
    texts = {"elsewhere": word, "note": word, "by": holder(area)}
    step = {"kind": MemberMoveKind.SENT, "on": date(2024, 5, 1), "from_organisation": organisation(area)}
    return MemberMove.objects.create(member=leaving, **step, **texts)


@factory(Contact)
def contact(area: Area) -> Contact:
    word = mark(Contact, area.code)
    of = {"member": member(area), "on": date(2024, 5, 1), "by": holder(area)}
    return Contact.objects.filter(note=word).first() or Contact.objects.create(**of, note=word)


# --- Points: schemes stand on streets and districts, so that the areas of a street share them


def makes_schemes(area: Area) -> Area:
    """The street the area is in; the district itself."""
    return area.street or area


@factory(PointScheme)
def point_scheme(area: Area) -> PointScheme:
    """This year's draft, made once."""
    return scheme_of(makes_schemes(area), SchemeState.DRAFT)


def scheme_in_force(area: Area) -> PointScheme:
    """By which the members of the area are scored this year, made once."""
    return scheme_of(makes_schemes(area), SchemeState.IN_FORCE)


def scheme_of(spot: Area, state: SchemeState, **values) -> PointScheme:
    """The scheme of this year, or of the year in `values`, in this state."""
    word = mark(PointScheme, f"{state} {values.get('year', '')} {spot.code}")
    values = {"year": today().year, "version": list(SchemeState).index(state) + 1, "state": state, "base": 60, **values}
    return PointScheme.objects.filter(name=word).first() or placed(PointScheme, spot, name=word, note=word, **values)


@factory(ExemptClass)
def exempt_class(area: Area) -> ExemptClass:
    of = {"scheme": point_scheme(area), "member_class": member_class(area)}
    return ExemptClass.objects.filter(**of).first() or ExemptClass.objects.create(**of)


@factory(NamedDay)
def named_day(area: Area) -> NamedDay:
    word, on = mark(NamedDay, area.code), date(today().year, 7, 1)
    of = {"scheme": point_scheme(area), "name": word}
    return NamedDay.objects.filter(**of).first() or NamedDay.objects.create(**of, first_on=on, last_on=on, factor=2)


@factory(PointCategory)
def point_category(area: Area) -> PointCategory:
    return category_of(point_scheme(area), mark(PointCategory, area.code))


def category_of(scheme: PointScheme, word: str) -> PointCategory:
    known = PointCategory.objects.filter(scheme=scheme, name=word).first()
    return known or PointCategory.objects.create(scheme=scheme, name=word, cap=20)


@factory(PointItem)
def point_item(area: Area) -> PointItem:
    return item_of(point_category(area), mark(PointItem, area.code))


def item_of(category: PointCategory, word: str, **values) -> PointItem:
    values = {"points": 3, "cap": 6, **values}
    known = PointItem.objects.filter(category=category, name=word).first()
    return known or PointItem.objects.create(category=category, code=word, name=word, **values)


@factory(ItemClass)
def item_class(area: Area) -> ItemClass:
    of = {"item": point_item(area), "member_class": member_class(area)}
    return ItemClass.objects.filter(**of).first() or ItemClass.objects.create(**of)


def item_in_force(area: Area) -> PointItem:
    """What members of the area are scored for, made once."""
    word = mark(PointItem, f"in force {area.code}")
    return item_of(category_of(scheme_in_force(area), word), word)


@factory(PointBalance)
def point_balance(area: Area) -> PointBalance:
    """This year's of whoever lives in the area, made once."""
    return balance_of(member(area), area)


def balance_of(one: Member, area: Area) -> PointBalance:
    known = PointBalance.objects.filter(member=one).first()
    belongs = {"organisation": one.organisation, "member_class": one.member_class, "scheme": scheme_in_force(area)}
    return known or placed(PointBalance, area, member=one, year=today().year, base=60, total=60, **belongs)


@factory(PointEntry)
def point_entry(area: Area) -> PointEntry:
    """Awaiting approval, made once."""
    return entry_of(point_balance(area), area, mark(PointEntry, area.code))


def entry_of(balance: PointBalance, area: Area, word: str, **values) -> PointEntry:
    texts = dict.fromkeys(("note", "reason", "appeal_text", "appeal_answer"), word)
    values = {"on": today(), "points": 3, "state": EntryState.PROPOSED, "photo": photo(), **texts, **values}
    values = {"proposed_by": holder(area), "proposed_at": timezone.now(), "source": word, **values}
    known = PointEntry.objects.filter(source=word).first()
    return known or PointEntry.objects.create(balance=balance, item=item_in_force(area), **values)


# --- Imports


@factory(Import)
def roster_import(area: Area) -> Import:
    """What who leads the area brought in, made once."""
    return import_of(holder(area), mark(Import, area.code))


def import_of(by: User, word: str) -> Import:
    """A file of two areas, read and waiting, the second of them refused and asked about; made once."""
    known = Import.objects.filter(digest=word).first()
    if known is not None:
        return known
    columns = {"level": "级别", "name": "名称", "code": "编码", "parent_code": "上级编码"}
    understood = {"wide": False, "sheets": [word], "header_rows": [1], "columns": columns, "unmatched": [word], "suggestions": {}}
    counts = {"new": 1, "updated": 0, "unchanged": 0, "skipped": 0, "refused": 1, "warned": 1}
    texts = {"file_name": f"{word}.csv", "digest": word, "said": word, "checked": "c" * 64}
    row = Import.objects.create(
        by=by,
        kind="areas",
        state=ImportState.READY,
        counts=counts,
        understood=json.dumps(understood | {"notes": [word]}),
        **texts,
    )
    ImportFile.objects.create(of=row, content=base64.b64encode(f"级别,名称,编码,上级编码\n网格,{word},1,2".encode()).decode())
    cells, asked = {"level": "网格", "name": word, "code": "1", "parent_code": "2"}, {"choice": "who", "options": [["a", "甲"]]}
    told = {"reasons": [], "warnings": [], "changes": [], "values": cells}
    ImportRow.objects.create(
        of=row, position=0, sheet=word, number=2, verdict="new", cells=json.dumps(cells), told=json.dumps(told)
    )
    told["reasons"], told["warnings"] = [{"column": "名称", "message": word}], [{"column": "", "message": word} | asked]
    ImportRow.objects.create(
        of=row, position=1, sheet=word, number=3, verdict="refused", warned=True, cells=json.dumps(cells), told=json.dumps(told)
    )
    ImportProblem.objects.create(of=row, position=1, kind=Kind.REASON, column="名称", cause=word)
    ImportProblem.objects.create(of=row, position=1, kind=Kind.WARNING, cause=word, choice="who")
    ImportBefore.objects.create(of=row, position=0, model="grids.area", object_id=row.pk, before=json.dumps({"name": word}))
    return row


@factory(ImportFile)
def import_file(area: Area) -> ImportFile:
    return roster_import(area).file


@factory(ImportRow)
def import_row(area: Area) -> ImportRow:
    return roster_import(area).rows.first()


@factory(ImportProblem)
def import_problem(area: Area) -> ImportProblem:
    return roster_import(area).problems.first()


@factory(ImportBefore)
def import_before(area: Area) -> ImportBefore:
    return roster_import(area).journal.first()


@factory(Mapping)
def mapping(area: Area) -> Mapping:
    """Of the office of the area's community."""
    of = {"office": area.community_id or area.pk, "kind": "areas", "heading": mark(Mapping, area.code)}
    return Mapping.objects.filter(**of).first() or Mapping.objects.create(**of, field="name")


@factory(Export)
def list_export(area: Area) -> Export:
    """A long list of who leads the area, made once."""
    return export_of(holder(area), mark(Export, area.code))


def export_of(by: User, word: str) -> Export:
    """A list of areas, written under the rights `by` has now; made once."""
    known = Export.objects.filter(filters=word).first()
    texts = {"query": f"q={word}", "filters": word, "content": base64.b64encode(word.encode()).decode()}
    done = {"rows": 1, "posts": posts_of(User.objects.get(pk=by.pk)), "done_at": timezone.now()}
    return known or Export.objects.create(by=by, model="grids.area", **texts, **done)


# --- Voices


@factory(Subject)
def subject(area: Area) -> Subject:
    word = mark(Subject, area.code)
    return Subject.objects.filter(name=word).first() or Subject.objects.create(name=word)


@factory(Deadline)
def deadline(area: Area) -> Deadline:
    return Deadline.objects.create(procedure=f"p{area.pk}", amount=3)


@factory(JournalEntry)
def journal_entry(area: Area) -> JournalEntry:
    """Told by somebody of the area, with a picture."""
    word, phone = mark(JournalEntry, area.code), phone_at(f"journal {area.code}")
    told = {"text": word, "spot": word, "teller": f"王{word}", "teller_phone": phone, "photo": photo()}
    at = {"household": household(area)} if area.kind == AreaKind.BUILDING else {}
    return placed(JournalEntry, area, **at, **told, subject=subject(area), on=today(), by=holder(area))


@factory(Case)
def case(area: Area) -> Case:
    """Found and overdue, held where it is, made once."""
    return case_of(area, mark(Case, area.code), holder(area))


def case_of(area: Area, word: str, by: User | None, **values) -> Case:
    known = Case.objects.filter(receipt=word[:12].upper()).first()
    if known is not None:
        return known
    office, then = area.parent if area.kind == AreaKind.BUILDING else area, timezone.now() - timedelta(days=3)
    told = {"text": word, "spot": word, "teller": f"王{word}", "teller_phone": phone_at(f"case {area.code}"), "answer": word}
    values = {"source": Source.FIELD, "step": Step.FOUND, "holder": office, "receipt": word[:12].upper(), "seq": 1, **values}
    clocks = dict.fromkeys(("opened_at", "due_at", "step_since", "step_due_at"), then)
    row = placed(Case, area, subject=subject(area), opened_by=by, **(told | clocks | values))
    event = {"kind": CaseMoveKind.OPENED, "step": row.step, "holder": row.holder, "by": by, "is_public": True}
    CaseEvent.objects.create(case=row, seq=1, text=mark(CaseEvent, area.code), **event)
    return row


@factory(CaseEvent)
def case_event(area: Area) -> CaseEvent:
    return case(area).events.first()


@factory(CasePhoto)
def case_photo(area: Area) -> CasePhoto:
    return CasePhoto.objects.create(event=case_event(area), photo=photo())


@factory(Rating)
def rating(area: Area) -> Rating:
    """Of an answered case of its own, made once."""
    word = mark(Rating, area.code)
    answered = {"step": Step.ANSWERED, "procedure": Procedure.COORDINATED, "answered_at": timezone.now()}
    rated = case_of(area, word, holder(area), **answered)
    of = {"case": rated, "round": 1, "side": Side.RESIDENT}
    return Rating.objects.filter(**of).first() or placed(Rating, area, **of, score=2, text=word)


@factory(ReportRule)
def report_rule(area: Area) -> ReportRule:
    return ReportRule.objects.create(name=mark(ReportRule, area.code))


@factory(ReportException)
def report_exception(area: Area) -> ReportException:
    word, on = mark(ReportException, area.code), today() + timedelta(days=400)
    return placed(ReportException, area, from_on=on, until_on=on, reason=word, by=holder(area))


@factory(WeeklyReport)
def weekly_report(area: Area) -> WeeklyReport:
    """This week's, sent, made once."""
    word, week = mark(WeeklyReport, area.code), Week.of(today())
    texts = dict.fromkeys(("done", "trouble", "plan", "comment"), word)
    sent = dict.fromkeys(("first_sent_at", "sent_at", "due_at"), timezone.now()) | {"sent_by": holder(area), "seq": 1}
    of = {"area": area, "week_on": week.first_day}
    known = WeeklyReport.objects.filter(**of).first()
    state = {"state": ReportState.SENT, "lock_on": week.last_day}
    return known or placed(WeeklyReport, area, week_on=week.first_day, **texts, **sent, **state)


@factory(ReportEvent)
def report_event(area: Area) -> ReportEvent:
    of = {"report": weekly_report(area), "seq": 1}
    event = {"kind": ReportEventKind.SENT, "by": holder(area), "text": mark(ReportEvent, area.code)}
    return ReportEvent.objects.filter(**of).first() or ReportEvent.objects.create(**of, **event)


# --- Services


@factory(PostKind)
def post_kind(area: Area) -> PostKind:
    word = mark(PostKind, area.code)
    return PostKind.objects.filter(name=word).first() or PostKind.objects.create(name=word)


@factory(ServicePost)
def service_post(area: Area) -> ServicePost:
    """Published, with one place taken, made once."""
    return post_of(area, mark(ServicePost, area.code))


def post_of(area: Area, word: str, **values) -> ServicePost:
    """A post of the coming weeks, made once."""
    known = ServicePost.objects.filter(title=word).first()
    texts = dict.fromkeys(("title", "duties", "spot", "reason"), word) | {"kind": post_kind(area)}
    term = {"starts_on": today() + timedelta(days=10), "ends_on": today() + timedelta(days=60), "places": 3, "taken": 1}
    return known or placed(ServicePost, area, **(texts | term | {"state": PostState.PUBLISHED} | values))


@factory(PostShift)
def post_shift(area: Area) -> PostShift:
    of = {"post": service_post(area), "weekday": Weekday.MONDAY, "begins": time(9)}
    return PostShift.objects.filter(**of).first() or PostShift.objects.create(**of, ends=time(11))


@factory(PostSkill)
def post_skill(area: Area) -> PostSkill:
    of = {"post": service_post(area), "skill": skill(area)}
    return PostSkill.objects.filter(**of).first() or PostSkill.objects.create(**of)


@factory(PostClass)
def post_class(area: Area) -> PostClass:
    of = {"post": service_post(area), "member_class": member_class(area)}
    return PostClass.objects.filter(**of).first() or PostClass.objects.create(**of)


@factory(Claim)
def claim(area: Area) -> Claim:
    """Somebody of the area applies, made once."""
    return claim_of(service_post(area), member(area), mark(Claim, area.code))


def claim_of(post: ServicePost, one: Member, word: str, **values) -> Claim:
    values = {"state": ClaimState.APPLIED, "reason": word, **values}
    return Claim.objects.filter(wish=word).first() or Claim.objects.create(post=post, member=one, wish=word, **values)


def serving(area: Area) -> Claim:
    """Somebody of the area in post since last month, made once."""
    word, since = mark(Claim, f"serving {area.code}"), today() - timedelta(days=30)
    post = post_of(area, mark(ServicePost, f"served {area.code}"), starts_on=since)
    return claim_of(post, member(area), word, state=ClaimState.SERVING, started_on=since)


@factory(Absence)
def absence(area: Area) -> Absence:
    """Explained and waiting for an answer, made once."""
    return absence_of(serving(area), holder(area), mark(Absence, area.code))


def absence_of(one: Claim, by: User, word: str, **values) -> Absence:
    texts = dict.fromkeys(("note", "explanation", "answer"), word)
    values = {"state": AbsenceState.EXPLAINED, "on": today() - timedelta(days=3), "noted_by": by, **texts, **values}
    return Absence.objects.filter(note=word).first() or Absence.objects.create(claim=one, **values)


@factory(Team)
def team(area: Area) -> Team:
    """Led by who lives in the area, made once."""
    word = mark(Team, area.code)
    return Team.objects.filter(name=word).first() or placed(Team, area, name=word, purpose=word, leader=member(area))


@factory(TeamMember)
def team_member(area: Area) -> TeamMember:
    of = {"team": team(area), "member": member(area)}
    return TeamMember.objects.filter(**of).first() or TeamMember.objects.create(**of, joined_on=date(2024, 3, 1))


@factory(Activity)
def activity(area: Area) -> Activity:
    """Today's, open, with one place taken, made once."""
    word = mark(Activity, area.code)
    texts = dict.fromkeys(("title", "text", "spot", "reason"), word)
    day = {"on": today(), "begins": time(0), "ends": time(23, 59), "taken": 1, "places": 3}
    return Activity.objects.filter(title=word).first() or placed(Activity, area, team=team(area), **texts, **day)


@factory(ActivityPhoto)
def activity_photo(area: Area) -> ActivityPhoto:
    return ActivityPhoto.objects.create(activity=activity(area), photo=photo(), by=holder(area))


@factory(SignUp)
def sign_up(area: Area) -> SignUp:
    of = {"activity": activity(area), "member": member(area)}
    return SignUp.objects.filter(**of).first() or SignUp.objects.create(**of, state=SignUpState.SIGNED)


@factory(ServiceHours)
def service_hours(area: Area) -> ServiceHours:
    """Waiting to be confirmed, made once."""
    return hours_of(serving(area), area, mark(ServiceHours, area.code))


def hours_of(one: Claim, area: Area, word: str, **values) -> ServiceHours:
    served = {"on": today() - timedelta(days=2), "begins": time(9), "ends": time(11), "hours": 2}
    texts = dict.fromkeys(("reason", "unpaid"), word) | {"member": one.member, "claim": one}
    known = ServiceHours.objects.filter(note=word).first()
    return known or placed(ServiceHours, area, note=word, **(texts | served | values))


@factory(CardRule)
def card_rule(area: Area) -> CardRule:
    return CardRule.objects.create(name=mark(CardRule, area.code))


@factory(FeedbackCard)
def feedback_card(area: Area) -> FeedbackCard:
    """Last year's of whoever lives in the area, waiting for a remark, made once."""
    return card_of(member(area), area, mark(FeedbackCard, area.code))


def card_of(one: Member, area: Area, word: str, **values) -> FeedbackCard:
    texts = dict.fromkeys(("remark", "suggestion", "reason", "answer_text", "answerer"), word)
    year = today().year - 1
    told = {"from_on": date(year, 1, 1), "until_on": date(year, 12, 31), "unit": one.employer, "code": word[:12].upper()}
    known = FeedbackCard.objects.filter(code=told["code"]).first()
    return known or placed(FeedbackCard, area, member=one, **(texts | told | values))


from gridparty.tests import factories_liaison  # noqa: E402, F401 - joins, once all above is there
