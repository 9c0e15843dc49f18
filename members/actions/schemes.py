"""Schemes of points and the closing of a year: draft → in force → frozen → notice → signed, one table of moves (SCHEME_MOVES)."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import IntegrityError
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.choices import AreaKind
from grids.models import Area
from members.actions.balances import follow, settle
from members.choices import LIVE, SCHEME_MOVES, Feed, SchemeMove, SchemeState
from members.errors import PointsRefused
from members.models import ExemptClass, ItemClass, NamedDay, PointBalance, PointCategory, PointItem, PointScheme
from members.points import members_under, still_open

AT_ONCE = 2_500  # members whose entries are counted at once
NOTICE_DAYS = 5  # a notice hangs for five days at least, as other notices of the branch do


@action("members.draft_scheme")
def draft_scheme(*, source: PointScheme, area: Area, year: int, by, name: str = "") -> PointScheme:
    """A draft for an area and year from an example, an earlier year, or the version in force that is to be revised.

    Raises PointsRefused when the area is not the user's to make schemes for, or has a draft already.
    """
    _check_area(area, by)
    if not 2000 <= year <= today().year + 1:
        raise PointsRefused(_("年度请填到明年为止的年份。"))
    others = PointScheme.objects.filter(area=area, year=year)
    if others.filter(state=SchemeState.DRAFT).exists():
        raise PointsRefused(_("“%(area)s”%(year)d年已有起草中的办法，请继续修改它。") % {"area": area.name, "year": year})
    version = (others.aggregate(last=Max("version"))["last"] or 0) + 1
    columns = ("base", "ceiling", "floor", "note")
    new = PointScheme(year=year, version=version, name=name.strip() or source.name, **{c: getattr(source, c) for c in columns})
    if source.is_example:
        new.note = ""  # "an example, to be adapted" is said of the example
    place(row=new, area=area)
    try:
        new.save()
    except IntegrityError as error:
        raise PointsRefused(_("“%(area)s”刚由他人起草，请刷新后查看。") % {"area": area.name}) from error
    _copy_parts(source, new)
    return new


def _copy_parts(source: PointScheme, new: PointScheme) -> None:
    ExemptClass.objects.bulk_create(ExemptClass(scheme=new, member_class_id=one.member_class_id) for one in source.exempt.all())
    if source.year == new.year:
        days = [
            NamedDay(scheme=new, name=d.name, first_on=d.first_on, last_on=d.last_on, factor=d.factor) for d in source.days.all()
        ]
        NamedDay.objects.bulk_create(days)
    for category in source.categories.order_by("position", "pk"):
        copy = PointCategory.objects.create(scheme=new, name=category.name, cap=category.cap, position=category.position)
        old = list(category.items.order_by("position", "pk").prefetch_related("classes"))
        columns = ("code", "name", "points", "per", "cap", "cap_period", "proposer", "approver", "feed", "position")
        items = PointItem.objects.bulk_create(PointItem(category=copy, **{c: getattr(item, c) for c in columns}) for item in old)
        classes = [(item, one.member_class_id) for item, was in zip(items, old, strict=True) for one in was.classes.all()]
        ItemClass.objects.bulk_create(ItemClass(item=item, member_class_id=one) for item, one in classes)


def _check_area(area: Area, by) -> None:
    if area.kind not in (AreaKind.STREET, AreaKind.DISTRICT):
        raise PointsRefused(_("积分办法由区或街道制定，请选择区或街道。"))
    if by is not None and not scope_of(by).covers(Can.SET_POINTS, area):
        raise PointsRefused(_("“%(area)s”的积分办法不由您制定。") % {"area": area.name})


@action("members.change_scheme")
def change_scheme(*, scheme: PointScheme, by, **values) -> PointScheme:
    """Change name, base, ceiling, floor or note of a draft. Raises PointsRefused."""
    scheme = _draft(scheme, by)
    for name in ("name", "base", "ceiling", "floor", "note"):
        if name in values:
            setattr(scheme, name, values[name])
    if scheme.ceiling is not None and scheme.ceiling < scheme.floor:
        raise PointsRefused(_("总分上限低于下限，请核对。"))
    scheme.save()
    return scheme


@action("members.set_scheme_classes")
def set_scheme_classes(*, scheme: PointScheme, classes: Iterable, by) -> PointScheme:
    """Which classes take no part. Raises PointsRefused."""
    scheme = _draft(scheme, by)
    _set(
        ExemptClass.objects.filter(scheme=scheme),
        {one.pk for one in classes},
        lambda pk: ExemptClass(scheme=scheme, member_class_id=pk),
    )
    return scheme


@action("members.save_parts")
def save_parts(*, scheme: PointScheme, by, saved: Iterable = (), removed: Iterable = ()) -> PointScheme:
    """Write and remove parts (categories, items, named days) of a draft. Raises PointsRefused."""
    scheme = _draft(scheme, by)
    saved, removed = list(saved), list(removed)
    if any(_scheme_of(part) != scheme.pk for part in [*saved, *removed]):
        raise PointsRefused(_("其中有其他办法的内容，请刷新后再改。"))
    try:
        for part in removed:
            part.delete()
        for part in saved:
            part.save()
    except IntegrityError as error:
        raise PointsRefused(_("类别名称、项目编号不能重复，分值不能为0，封顶填正数，请核对。")) from error
    codes = list(PointItem.objects.filter(category__scheme=scheme).values_list("code", flat=True))
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise PointsRefused(_("项目编号“%(code)s”用了两次，请改为不同的编号。") % {"code": twice[0]})
    _check_feeds(scheme)
    return scheme


def _check_feeds(scheme: PointScheme) -> None:
    """What other rooms find to be earned goes to one item: with two nobody could say which."""
    fed = PointItem.objects.filter(category__scheme=scheme).exclude(feed="").values("feed").annotate(n=Count("pk"))
    if twice := fed.filter(n__gt=1).order_by("feed").first():
        raise PointsRefused(_("按“%(feed)s”自动记分的项目只能有一项，请只保留一项。") % {"feed": Feed(twice["feed"]).label})


def _scheme_of(part) -> int:
    return part.category.scheme_id if isinstance(part, PointItem) else part.scheme_id


@action("members.set_item_classes")
def set_item_classes(*, item: PointItem, classes: Iterable, by) -> PointItem:
    """Which classes an item is for; none means all. Raises PointsRefused."""
    _draft(item.category.scheme, by)
    _set(ItemClass.objects.filter(item=item), {one.pk for one in classes}, lambda pk: ItemClass(item=item, member_class_id=pk))
    return item


def _set(rows, wanted: set[int], make) -> None:
    """Let exactly these classes be named."""
    have = dict(rows.values_list("member_class", "pk"))
    rows.filter(pk__in=[pk for one, pk in have.items() if one not in wanted]).delete()
    rows.model.objects.bulk_create(make(pk) for pk in sorted(wanted - set(have)))


@action("members.discard_scheme")
def discard_scheme(*, scheme: PointScheme, by) -> None:
    """Throw a draft away, parts and all. Raises PointsRefused."""
    _draft(scheme, by).delete()


# --- Moves


def _mine(scheme: PointScheme, by) -> PointScheme:
    """The scheme as now, locked. Raises PointsRefused when it is not the user's."""
    row = PointScheme.objects.select_for_update(of=("self",)).select_related("area").get(pk=scheme.pk)
    if by is not None and not PointScheme.objects.editable_by(by).filter(pk=row.pk).exists():
        raise PointsRefused(_("该办法由制定的区或街道办理。"))
    return row


def _draft(scheme: PointScheme, by) -> PointScheme:
    row = _mine(scheme, by)
    if row.state != SchemeState.DRAFT:
        raise PointsRefused(_("该办法%(state)s，不能直接修改。请“修订”出新版，改好后发布。") % {"state": row.get_state_display()})
    return row


def _go(row: PointScheme, move: str) -> None:
    allowed, after = SCHEME_MOVES[move]
    if row.state not in allowed:
        words = {"state": row.get_state_display(), "move": SchemeMove(move).label}
        raise PointsRefused(_("该办法目前为“%(state)s”，不能办理%(move)s。") % words)
    row.state = after


@action("members.publish_scheme")
def publish_scheme(*, scheme: PointScheme, by, tell: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Put a draft into force: it takes the place of the version before, and everybody under it is counted by it.

    Returns how many members take part; `tell` hears how far it is. Raises PointsRefused for a draft without items, or a
    year that is frozen.
    """
    row = _mine(scheme, by)
    if row.area_id is None:
        raise PointsRefused(_("示例不能直接执行，请先按本地文件起草。"))
    if not PointItem.objects.filter(category__scheme=row).exists():
        raise PointsRefused(_("该办法还没有积分项目，请先添加。"))
    _check_feeds(row)
    before = PointScheme.objects.select_for_update().filter(area=row.area_id, year=row.year, state__in=LIVE).first()
    _go(row, SchemeMove.PUBLISH)
    if before is not None:
        _go(before, SchemeMove.SUPERSEDE)
        before.save()
    row.save()
    if before is not None:
        balances = PointBalance.objects.filter(scheme=before)
        list(balances.select_for_update().order_by("pk").values_list("pk"))  # in the order in which all others hold them
        balances.update(scheme=row)
    # Who lives or belongs there may have had the district's scheme until now.
    members = list(members_under(row.area).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(members), AT_ONCE):
        tell(start, 2 * len(members))
        follow(members=members[start : start + AT_ONCE], by=by)
    # What was earned before may be counted by other caps now.
    balances = list(PointBalance.objects.filter(scheme=row).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(balances), AT_ONCE):
        tell(len(members) + start, len(members) + len(balances))
        held = PointBalance.objects.select_for_update(of=("self",)).filter(pk__in=balances[start : start + AT_ONCE])
        settle(held.select_related("scheme").order_by("pk"))
    return PointBalance.objects.filter(scheme=row, ranked=True).count()


@action("members.freeze_year")
def freeze_year(*, scheme: PointScheme, by) -> PointScheme:
    """No more entries: what is proposed or appealed must have been decided. Raises PointsRefused with the numbers."""
    row = _mine(scheme, by)
    # Who is writing entries holds a balance: they are waited for, and see the year frozen afterwards.
    list(PointBalance.objects.select_for_update(of=("self",)).filter(scheme=row).order_by("pk").values_list("pk"))
    _check_nothing_open(row)
    _go(row, SchemeMove.FREEZE)
    row.save()
    return row


def _check_nothing_open(row: PointScheme) -> None:
    proposed, appeals = still_open(row)
    if proposed or appeals:
        words = {"proposed": proposed, "appeals": appeals}
        raise PointsRefused(_("还有 %(proposed)d 条待审核、%(appeals)d 条申诉未答复，请先办结。") % words)


@action("members.announce_year")
def announce_year(*, scheme: PointScheme, by, until: date) -> PointScheme:
    """Hang out the masked list, until that day; members may still appeal. Raises PointsRefused."""
    row = _mine(scheme, by)
    if until < today() + timedelta(days=NOTICE_DAYS):
        raise PointsRefused(_("公示不少于 %(days)d 天，请推迟截止日期。") % {"days": NOTICE_DAYS})
    _go(row, SchemeMove.ANNOUNCE)
    row.notice_from, row.notice_until = today(), until
    row.save()
    return row


@action("members.sign_year")
def sign_year(*, scheme: PointScheme, by) -> PointScheme:
    """Close the year after its notice, with nothing left open. Raises PointsRefused."""
    row = _mine(scheme, by)
    if row.state == SchemeState.NOTICE and today() <= row.notice_until:
        raise PointsRefused(_("公示至%(day)s，期满后才能定稿。") % {"day": row.notice_until})
    _check_nothing_open(row)
    _go(row, SchemeMove.SIGN)
    row.signed_by, row.signed_at = by, timezone.now()
    row.save()
    return row


@action("members.ask_to_reopen")
def ask_to_reopen(*, scheme: PointScheme, by, reason: str) -> PointScheme:
    """Ask for a frozen or closed year to be opened again, with the reason. Raises PointsRefused."""
    row = _mine(scheme, by)
    if row.state not in SCHEME_MOVES[SchemeMove.REOPEN][0]:
        _go(row, SchemeMove.REOPEN)
    if not reason.strip():
        raise PointsRefused(_("请填写重新打开的原因。"))
    if row.reopen_reason and row.reopen_by_id != (by and by.pk):
        raise PointsRefused(_("已由他人申请重新打开，请直接办理同意。"))
    row.reopen_reason, row.reopen_by = reason.strip(), by
    row.save()
    return row


@action("members.reopen_year")
def reopen_year(*, scheme: PointScheme, by) -> PointScheme:
    """Agree to a year being opened again; by somebody else than who asked. Memberships are followed up. Raises PointsRefused."""
    row = _mine(scheme, by)
    if not row.reopen_reason:
        raise PointsRefused(_("还没有人申请重新打开，请先写明原因。"))
    if by is not None and row.reopen_by_id == by.pk:
        raise PointsRefused(_("申请和同意须由两人办理，请由其他有权限的人同意。"))
    _go(row, SchemeMove.REOPEN)
    row.notice_from = row.notice_until = row.signed_by = row.signed_at = None
    row.reopen_reason, row.reopen_by = "", None
    row.save()
    follow(members=list(PointBalance.objects.filter(scheme=row).values_list("member", flat=True)), by=by)
    return row
