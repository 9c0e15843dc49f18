"""A row of a list of people on its way, and what can be said of it alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib import idnumbers
from gridparty.lib.cells import PartialDate
from gridparty.lib.registers import settle_date, settle_phone
from gridparty.lib.roster import CLEAR, Row, Verdict
from grids.models import Area
from people.actions.entry import NewPerson
from people.actions.registering import Door
from people.choices import IdKind
from people.models import Person
from people.rosters.cells import BY_FIELD, Masked

WRITTEN = (Verdict.NEW, Verdict.UPDATED, Verdict.UNCHANGED)


@dataclass(slots=True)
class Line:
    """A row on its way to an entry."""

    row: Row
    area: Area | None = None  # where they are to live, when no door is written
    door: Door | None = None
    person: Person | None = None
    moves: bool = False
    asks: bool = False
    new: NewPerson | None = None  # somebody who is not on record, checked
    values: dict = field(default_factory=dict)  # columns of a person on record that change
    relation: str = ""  # what it comes to
    tenure: dict = field(default_factory=dict)
    heads: list[int] = field(default_factory=list)  # who else becomes the head of a household through this line

    @property
    def goes(self) -> bool:
        return self.row.verdict in WRITTEN

    def said(self, name: str) -> Any:
        """What stands in the row; nothing for a cell that empties."""
        value = self.row.values.get(name)
        return "" if value is None or value is CLEAR or type(value) is Masked else value


def check_paper(row: Row) -> None:
    """Hold what the row says of birth and sex against its ID number, which counts unless the user holds the row back."""
    number, kind = row.values.get("id_number"), row.values.get("id_kind")
    settle_phone(row, BY_FIELD["phone"])
    settle_date(row, BY_FIELD["since_on"])
    if not number:
        settle_date(row, BY_FIELD["birth_date"])
    if not number or isinstance(number, Masked) or number is CLEAR:
        return
    try:
        known = idnumbers.parse(number)
    except idnumbers.BadIdNumber as refusal:
        if kind in (IdKind.PASSPORT, IdKind.OTHER):
            return
        row.refuse(BY_FIELD["id_number"].label, _("%(why)s如是护照等证件，请在“证件类型”一列写明。") % {"why": refusal})
        return
    row.values["id_number"], row.values["id_kind"] = known.value, known.kind
    for name, right in (("birth_date", known.born_on), ("gender", known.sex)):
        typed, column = row.values.get(name), BY_FIELD[name]
        if typed and not _same_day(typed, right):
            words = {"typed": column.written(typed), "right": column.written(right), "label": column.label}
            message = _("所填“%(typed)s”与身份证号码不符，按号码应为“%(right)s”。") % words
            options = [("number", _("以身份证号码为准")), ("hold", _("暂不导入，待核对"))]
            if row.warn(column.label, message, f"{name}_conflict", options) == "hold":
                row.skip(column.label, _("与身份证号码不符，待核对。"))
        row.values[name] = right


def _same_day(typed: Any, right: Any) -> bool:
    if isinstance(typed, PartialDate):
        return (typed.year, typed.month) == (right.year, right.month) and typed.day in (None, right.day)
    return typed == right


def held_of(person: Person) -> dict[str, Any]:
    """What is on record of somebody, by the fields of a register."""
    return {
        "name": person.name,
        "id_number": person.id_number,
        "gender": person.sex,
        "birth_date": person.born_on,
        "phone": person.phone,
        "ethnicity": person.ethnicity,
        "employer": person.employer,
    }


def new_person(known: Mapping[str, Any], **more) -> NewPerson:
    """Somebody as the fields of a register tell them."""
    return NewPerson(
        name=known.get("name") or "",
        id_number=known.get("id_number") or "",
        sex=known.get("gender") or "",
        born_on=known.get("birth_date") or None,
        phone=known.get("phone") or "",
        ethnicity=known.get("ethnicity") or "",
        employer=known.get("employer") or "",
        **more,
    )


def take_masked(row: Row, held: dict[str, str]) -> None:
    """A masked number whose ends are those on record (`held`: {field: number}) means: as it is. Lists show fewer than pages."""
    for name in ("id_number", "phone"):
        value = row.values.get(name)
        if isinstance(value, Masked):
            row.values[name] = ""
            head, tail = value.partition("*")[0], value.rpartition("*")[2]
            if not (held.get(name, "").startswith(head) and held.get(name, "").endswith(tail)):
                row.refuse(BY_FIELD[name].label, _("号码被遮盖，又与在册的不同，请填写完整的号码，不改的请留空。"))
