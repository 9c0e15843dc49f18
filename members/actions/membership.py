"""Enrolling members and every step of a membership: one table (choices.MOVES) says what is allowed from which state."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit.actions import record_view
from audit.choices import ViewKind
from audit.operations import action
from gridparty.lib import bulk, names
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.models import LEVELS
from grids.queries import chunks
from members.actions.accounts import follow_posts
from members.actions.balances import follow
from members.actions.organisations import check_organisations
from members.actions.seats import empty_seat
from members.choices import MOVES, MemberState, MoveKind, Standing
from members.errors import MemberRefused
from members.models import ManagementMode, Member, MemberClass, MemberMove, PartyOrganisation, Seat, Unit
from people.actions import NewPerson, enter_people
from people.actions.entry import columns
from people.models import Person


@dataclass(frozen=True)
class NewMember:
    """A membership to enter; `person` on record, or who they are as typed."""

    organisation: PartyOrganisation
    member_class: MemberClass
    person: Person | None = None
    typed: NewPerson | None = field(default=None, repr=False)
    standing: str = Standing.FULL
    joined_on: date | None = None
    full_on: date | None = None
    employer: Unit | None = None
    mode: ManagementMode | None = None


def enrol(*, new: NewMember, by) -> Member:
    """Enter one; see enrol_many."""
    return enrol_many(members=[new], by=by)[0]


@action("members.enrol")
def enrol_many(*, members: Sequence[NewMember], by, numbered: bool = True) -> list[Member]:
    """Enter memberships, all or none; without `numbered`, people of whom no ID number is known, too.

    Whom others have on record is taken as typed and not altered; their record is not shown. Who had left or been sent
    elsewhere takes up the old record. Raises MemberRefused, OrganisationRefused, PersonRefused, BadIdNumber.
    """
    check_organisations((new.organisation for new in members), by)
    known, apart = _people(members, by, numbered)
    former = _former(list(known.values()), by)
    columns_of = [_columns(new, known[n], n in apart) for n, new in enumerate(members)]
    back = [_taken_up(former[one["person_id"]], one) for one in columns_of if one["person_id"] in former]
    fresh = bulk.new_objects(Member, (one for one in columns_of if one["person_id"] not in former))
    Member.objects.bulk_update(back, _WRITTEN)
    try:
        Member.objects.bulk_create(fresh)
    except IntegrityError as error:
        raise MemberRefused(_("该人员刚由他人建档，请查询后再办理。")) from error
    written = {row.person_id: row for row in (*back, *fresh)}
    rows = [written[one["person_id"]] for one in columns_of]
    _note_entry(rows, set(former), by)
    follow(members=[row.pk for row in rows], by=by)
    return rows


def _note_entry(rows: Sequence[Member], returned: Set[int], by) -> None:
    """The first step in the history of these memberships, or of those of `returned` people another one."""
    standings = {value: str(label) for value, label in Standing.choices}
    signed = {"on": today(), "by_id": by.pk if by is not None else None}
    moves = (
        {
            **signed,
            "member_id": row.pk,
            "kind": MoveKind.REJOINED if row.person_id in returned else MoveKind.ENROLLED,
            "to_organisation_id": row.organisation_id,
            "after": standings[row.standing],
        }
        for row in rows
    )
    MemberMove.objects.bulk_create(bulk.new_objects(MemberMove, moves))


# What enrolling writes of a membership taken up again.
_WRITTEN = [
    *("organisation", "standing", "state", "member_class", "mode", "joined_on", "full_on", "employer"),
    *("known_as", "phone", "phone_tail", *LEVELS, "area"),
]
_PLACE = [f"{level}_id" for level in (*LEVELS, "area")]


def _people(members: Sequence[NewMember], by, numbered: bool) -> tuple[dict[int, Person], set[int]]:
    """{number in the batch: person}, and the numbers of those known here only by what was typed."""
    known, apart, new = {}, set(), {}
    typed = {n: one.typed for n, one in enumerate(members) if one.person is None}
    if missing := [n for n, one in typed.items() if one is None or (numbered and not one.id_number)]:
        raise MemberRefused(_("请填写证件号码或选择在册人员（第 %(n)d 名）。") % {"n": missing[0] + 1})
    numbers = {n: columns(one)["id_number"] for n, one in typed.items()}
    on_record = Person.objects.select_related("area").by_id_number(number for number in numbers.values() if number)
    for n, one in enumerate(members):
        person = one.person or on_record.get(numbers[n])
        if person is None:
            new[n] = typed[n]
            continue
        known[n] = person
        if one.person is None and not _shown(person, by):
            apart.add(n)
        elif one.person is None and person.name != names.normal_name(typed[n].name):
            raise MemberRefused(_("该证件号码登记的姓名与所填不一致，请核对证件原件。"))
    known |= zip(new, enter_people(people=list(new.values()), by=by), strict=True)
    return known, apart


def _shown(person: Person, by) -> bool:
    """Whether the writer has the person on record, as a resident."""
    return by is None or (person.area is not None and scope_of(by).covers(Can.SEE_PEOPLE, person.area))


def _former(people: Sequence[Person], by) -> dict[int, Member]:
    """{person: the membership that had ended}. Raises MemberRefused for who is a member now, or twice in the batch."""
    keys = [person.pk for person in people]
    if len(set(keys)) < len(keys):
        raise MemberRefused(_("同一人员填了两次，请核对。"))
    if any(not person.is_current for person in people):
        raise MemberRefused(_("该人员的记录已停用，不能建档。"))
    former = {}
    for some in chunks(keys):
        for member in Member.objects.select_for_update(of=("self",)).filter(person__in=some).order_by("pk"):
            if member.state not in MOVES[MoveKind.REJOINED][0]:
                raise MemberRefused(_already(member, by))
            former[member.person_id] = member
    return former


def _already(member: Member, by) -> str:
    """Of a membership out of sight only that there is one is told: a second cannot be."""
    if by is None or Member.objects.visible_to(by).filter(pk=member.pk).exists():
        return _("该人员已有党员档案（%(state)s），请办理组织关系转接。") % {"state": member.get_state_display()}
    return _("该人员的党员档案在其他党组织，请由其办理组织关系转出。")


def _columns(new: NewMember, person: Person, apart: bool) -> dict:
    """The columns of a membership, checked."""
    if new.organisation.closed_on:
        raise MemberRefused(_("“%(name)s”已撤销，请选择现有的党组织。") % {"name": new.organisation.name})
    check_dates(person.born_on, new.joined_on, new.full_on)
    phone = new.typed.phone if apart else ""
    return {
        "person_id": person.pk,
        "organisation_id": new.organisation.pk,
        "standing": new.standing,
        "state": MemberState.ACTIVE,
        "member_class_id": new.member_class.pk,
        "mode_id": new.mode.pk if new.mode else new.member_class.mode_id,
        "joined_on": new.joined_on,
        "full_on": new.full_on,
        "employer_id": new.employer.pk if new.employer else None,
        "known_as": names.normal_name(new.typed.name) if apart else "",
        "phone": phone,
        "phone_tail": phone[-4:],
        **{column: getattr(person, column) for column in _PLACE},
    }


def _taken_up(member: Member, columns: dict) -> Member:
    """An ended membership as it begins again."""
    for name, value in columns.items():
        setattr(member, name, value)
    return member


def check_dates(born_on: date | None, joined_on: date | None, full_on: date | None) -> None:
    """Raises MemberRefused for dates of joining and of becoming full that cannot be."""
    if (joined_on and joined_on > today()) or (full_on and full_on > today()):
        raise MemberRefused(_("入党或转正日期在今天之后，请核对。"))
    if joined_on and full_on and full_on < joined_on:
        raise MemberRefused(_("转正日期早于入党日期，请核对。"))
    if joined_on and born_on and joined_on.year - born_on.year < 18:
        raise MemberRefused(_("入党日期距出生不满十八年，请核对。"))


@action("members.change_member")
def change_member(*, member: Member, by, joined_on: date | None, full_on: date | None, employer: Unit | None, mode) -> Member:
    """Correct dates, employer and management mode. Raises MemberRefused."""
    member = _mine(member, by)
    check_dates(member.person.born_on, joined_on, full_on)
    member.joined_on, member.full_on, member.employer, member.mode = joined_on, full_on, employer, mode
    member.save()
    return member


# --- Steps


def _mine(member: Member, by) -> Member:
    """The member as now, locked. Raises MemberRefused when the membership is not the user's to change."""
    rows = Member.objects.select_for_update(of=("self",)).select_related("person", "organisation", "member_class")
    member = rows.get(pk=member.pk)
    if by is not None and not PartyOrganisation.objects.editable_by(by).filter(pk=member.organisation_id).exists():
        raise MemberRefused(_("党员档案由其所在党组织办理，您可以查看。"))
    return member


def _step(member: Member, kind: str, by, on: date | None, **values) -> MemberMove:
    """Check the move against the table, set the state after it, and note it in the history. The caller saves the member."""
    allowed, after = MOVES[kind]
    label = MoveKind(kind).label
    if member.state not in allowed:
        words = {"state": member.get_state_display(), "move": label}
        raise MemberRefused(_("该党员目前为“%(state)s”，不能办理%(move)s。") % words)
    on = on or today()
    if on > today():
        raise MemberRefused(_("日期在今天之后，请核对。"))
    if after:
        member.state = after
    return MemberMove(member=member, kind=kind, on=on, by=by, from_organisation=member.organisation, **values)


PLAIN = frozenset({MoveKind.FLOATED, MoveKind.RETURNED, MoveKind.LOST, MoveKind.FOUND, MoveKind.REOPENED})


@action("members.move_member")
def move_member(*, member: Member, kind: str, by, on: date | None = None, note: str = "") -> MemberMove:
    """A step that changes only the state: float, return, lost, found, reopened. Raises MemberRefused."""
    if kind not in PLAIN:
        raise MemberRefused(_("请选择办理事项。"))
    member = _mine(member, by)
    move = _step(member, kind, by, on, note=note.strip())
    member.save()
    move.save()
    return move


@action("members.confirm")
def confirm(*, member: Member, by, on: date | None = None) -> MemberMove:
    """Probation ends and the member is full, a year after joining at the earliest. Raises MemberRefused."""
    member = _mine(member, by)
    on = on or today()
    if member.standing != Standing.PROBATIONARY:
        raise MemberRefused(_("该党员已是正式党员。"))
    if member.joined_on and (on - member.joined_on).days < 365:
        raise MemberRefused(_("预备期为一年，自%(day)s起算，尚未期满。") % {"day": member.joined_on})
    move = _step(member, MoveKind.CONFIRMED, by, on, before=member.get_standing_display(), after=Standing.FULL.label)
    member.standing, member.full_on = Standing.FULL, on
    member.save()
    move.save()
    return move


@action("members.prolong")
def prolong(*, member: Member, by, note: str, on: date | None = None) -> MemberMove:
    """Probation goes on, with the reason; once, for at most a year (党章). Raises MemberRefused."""
    member = _mine(member, by)
    if member.standing != Standing.PROBATIONARY:
        raise MemberRefused(_("该党员已是正式党员。"))
    if not note.strip():
        raise MemberRefused(_("请填写延长预备期的原因。"))
    if MemberMove.objects.filter(member=member, kind=MoveKind.PROLONGED).exists():
        raise MemberRefused(_("预备期只能延长一次，请办理转正或取消资格。"))
    move = _step(member, MoveKind.PROLONGED, by, on, note=note.strip())
    move.save()
    return move


@action("members.change_class")
def change_class(*, member: Member, member_class: MemberClass, by, on: date | None = None, note: str = "") -> MemberMove:
    """Sort a member into another class; the management mode becomes that of the class. Raises MemberRefused."""
    member = _mine(member, by)
    if member.member_class_id == member_class.pk:
        raise MemberRefused(_("该党员已是这一类别。"))
    before = str(member.member_class)
    move = _step(member, MoveKind.RECLASSED, by, on, before=before, after=str(member_class), note=note.strip())
    member.member_class, member.mode = member_class, member_class.mode
    member.save()
    move.save()
    follow(members=[member.pk], by=by)
    return move


@action("members.leave")
def leave(*, member: Member, by, note: str, on: date | None = None) -> MemberMove:
    """A membership ends (退党, 除名, 开除), with the decision named; the seats end with it. Raises MemberRefused."""
    member = _mine(member, by)
    if not note.strip():
        raise MemberRefused(_("请填写出党的依据（决定文号和事由）。"))
    move = _step(member, MoveKind.LEFT, by, on, note=note.strip())
    member.save()
    move.save()
    end_seats(member.person_id, by, move.on)
    follow_posts(members=[member.pk], by=by)
    follow(members=[member.pk], by=by)
    return move


def end_seats(person_id: int, by, on: date) -> None:
    for seat in Seat.objects.filter(person=person_id, ended_on=None):
        empty_seat(seat=seat, by=by, on=on, check=False)


# --- Transfers


@action("members.send")
def send(
    *, member: Member, by, to: PartyOrganisation | None = None, elsewhere: str = "", on: date | None = None, note: str = ""
) -> MemberMove:
    """Send a membership to another organisation; it stays here until the receipt. Raises MemberRefused."""
    member = _mine(member, by)
    if to is not None and to.pk == member.organisation_id:
        raise MemberRefused(_("转入的就是该党员所在党组织，请另选。"))
    if (to is None) == (not elsewhere.strip()):
        raise MemberRefused(_("请选择转入的党组织，或填写区外党组织的全称，二者填一。"))
    if to is not None and to.closed_on:
        raise MemberRefused(_("“%(name)s”已撤销，请另选。") % {"name": to.name})
    move = _step(member, MoveKind.SENT, by, on, to_organisation=to, elsewhere=elsewhere.strip(), note=note.strip())
    member.save()
    move.save()
    return move


def _open(move: MemberMove) -> MemberMove:
    move = MemberMove.objects.select_for_update(of=("self",)).select_related("to_organisation", "member").get(pk=move.pk)
    if move.kind != MoveKind.SENT or move.done_on:
        raise MemberRefused(_("该转接已办结。"))
    return move


@action("members.receive")
def receive(*, move: MemberMove, by, on: date | None = None) -> MemberMove:
    """The receipt: the organisation that receives takes the member; for one of elsewhere the sender notes the paper receipt.

    Raises MemberRefused.
    """
    move = _open(move)
    deciding = move.to_organisation or move.from_organisation
    if by is not None and not PartyOrganisation.objects.editable_by(by).filter(pk=deciding.pk).exists():
        raise MemberRefused(_("该转接由转入的党组织办理回执。"))
    member = Member.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=move.member_id)
    done = _step(member, MoveKind.RECEIVED, by, on, to_organisation=move.to_organisation, elsewhere=move.elsewhere)
    if done.on < move.on:
        raise MemberRefused(_("回执日期早于转出日期，请核对。"))
    if move.to_organisation is None:
        member.state = MemberState.GONE
    else:
        member.organisation = move.to_organisation
    member.save()
    done.done_on = move.done_on = done.on
    done.save()
    move.save()
    end_seats(member.person_id, by, done.on)
    follow_posts(members=[member.pk], by=by)
    follow(members=[member.pk], by=by)
    return done


@action("members.settle")
def settle(*, person: Person, by, note: str) -> MemberMove:
    """Who was sent elsewhere and lives on here is accounted for, with the reason: off the list of hidden members.

    By who keeps the residents there: the membership is others' now. Raises MemberRefused.
    """
    rows = Member.objects.select_for_update(of=("self",)).select_related("organisation")
    member = rows.filter(person=person).first()
    if member is None or not (by is None or _keeps(person, by)):
        raise MemberRefused(_("该人员没有需要核实的党员档案，请刷新名单后再看。"))
    note = note.strip()
    if not 0 < len(note) <= 200:
        raise MemberRefused(_("请填写核实的情况（不超过 200 字），例如“组织关系在工作单位”。"))
    move = _step(member, MoveKind.SETTLED, by, None, note=note)
    member.save()
    move.save()
    return move


def _keeps(person: Person, by) -> bool:
    scope = scope_of(by)
    return person.area is not None and all(scope.covers(can, person.area) for can in (Can.EDIT_PEOPLE, Can.SEE_MEMBERS))


@action("members.recall")
def recall(*, move: MemberMove, by, note: str = "") -> MemberMove:
    """The sender takes a transfer back, or the receiver sends it back. Raises MemberRefused."""
    move = _open(move)
    both = [pk for pk in (move.from_organisation_id, move.to_organisation_id) if pk]
    if by is not None and not PartyOrganisation.objects.editable_by(by).filter(pk__in=both).exists():
        raise MemberRefused(_("该转接由转出或转入的党组织办理。"))
    member = Member.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=move.member_id)
    done = _step(member, MoveKind.RECALLED, by, None, to_organisation=move.to_organisation, note=note.strip())
    member.save()
    done.done_on = move.done_on = done.on
    done.save()
    move.save()
    return done


@action("members.reveal_phone")
def reveal_phone(*, member: Member, by, purpose: str = "") -> str:
    """The phone the organisation knows, in full, logged. The door to the member is the caller's."""
    record_view(kind=ViewKind.REVEALED, model=Member, object_id=member.pk, purpose=purpose or "phone")
    return member.phone if member.known_as else member.person.phone
