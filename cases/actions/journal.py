"""Keeping the journal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from audit.actions import record_view
from audit.choices import ViewKind
from audit.operations import action
from cases.actions.cases import NewCase, open_case
from cases.choices import Source
from cases.errors import JournalRefused
from cases.models import Case, JournalEntry, Subject
from gridparty.lib import photos
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from people.models import Household

OLDEST = timedelta(days=31)  # written down later, it would change figures that were reported


@dataclass(frozen=True)
class NewEntry:
    """What was heard or seen. `area` is a building, a grid or a community; a household brings its own."""

    subject: Subject
    text: str = field(repr=False)
    area: Area | None = None
    household: Household | None = None
    spot: str = ""
    teller: str = field(default="", repr=False)
    teller_phone: str = field(default="", repr=False)
    photo: UploadedFile | None = None
    on: date | None = None


@action("cases.keep_journal")
def keep_journal(*, new: NewEntry, by, becomes_case: bool = False) -> tuple[JournalEntry, Case | None]:
    """Write an entry, and take up the matter as a case where it is to become one. Raises JournalRefused, PhotoRefused."""
    area = new.household.area if new.household else new.area
    if area is None:
        raise JournalRefused(_("请选择地点。"))
    if not scope_of(by).covers(Can.KEEP_JOURNAL, area):
        raise JournalRefused(_("地点不在您的管理范围内，请选择本辖区的地点。"))
    if not new.text.strip():
        raise JournalRefused(_("没有内容，请写明听到或看到什么。"))
    on = new.on or today()
    if not today() - OLDEST <= on <= today():
        raise JournalRefused(_("日期须在今天以前的 %(n)d 天之内，请核对。") % {"n": OLDEST.days})
    entry = JournalEntry(
        household=new.household,
        subject=new.subject,
        text=new.text.strip(),
        spot=new.spot.strip(),
        teller=new.teller.strip(),
        teller_phone=new.teller_phone.strip(),
        on=on,
        by=by,
    )
    if new.photo:
        entry.photo = photos.reencode(new.photo)
    place(row=entry, area=area)
    entry.save()
    return entry, _case_of(entry, area, by) if becomes_case else None


@action("cases.make_case")
def make_case(*, entry: JournalEntry, by) -> Case:
    """Take up what an entry tells as a case. Raises JournalRefused when it is one already."""
    entry = JournalEntry.objects.select_for_update(of=("self",)).select_related("area", "subject").get(pk=entry.pk)
    if Case.objects.filter(journal=entry).exists():
        raise JournalRefused(_("这条日志已转为事件，不必重复转办。"))
    return _case_of(entry, entry.area, by)


def reveal_teller(*, entry: JournalEntry | Case, by) -> tuple[str, str]:
    """Name and phone of who told it in full, logged as seen. The door to the entry or case is the caller's."""
    record_view(kind=ViewKind.REVEALED, model=type(entry), object_id=entry.pk, purpose="teller")
    return entry.teller, entry.teller_phone


def _case_of(entry: JournalEntry, area: Area, by, pictures: Sequence[UploadedFile] = ()) -> Case:
    new = NewCase(
        area=area,
        subject=entry.subject,
        text=entry.text,
        source=Source.JOURNAL,
        household=entry.household,
        spot=entry.spot,
        teller=entry.teller,
        teller_phone=entry.teller_phone,
        journal=entry,
        photos=pictures,
    )
    return open_case(new=new, by=by)
