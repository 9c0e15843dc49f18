"""The register of appointments: who holds which post where. Nobody appoints by import whom they could not appoint by hand."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import NewUser, Post, appoint_many, create_users, is_same_post, overlap, refusals
from accounts.choices import Engagement, Origin, Role
from accounts.models import Appointment, User
from accounts.queries import posts_held, taken_usernames, users_named
from accounts.roles import STANDS_ON
from accounts.usernames import free_name, normal_name
from audit.operations import action
from gridparty.lib.cells import ENDLESS, PartialDate, Span, read_choice, read_name, read_phones, read_span
from gridparty.lib.dates import today
from gridparty.lib.masking import mask_phone
from gridparty.lib.registers import column, read_day, read_up_to, said, settle_date, settle_phone, settle_span, stated
from gridparty.lib.roster import CellRefused, Roster, Row, Verdict, plain, rosters, skip_repeats
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places

# --- Cells

_R = Role
ROLE_WORDS = {
    _R.ALL_DISTRICTS_OFFICIAL: "市级工作人员 市级管理人员",
    _R.DISTRICT_OFFICIAL: "区级工作人员 区级管理人员 县级管理员 区县管理员",
    _R.STREET_OFFICER: "街道干部 街道管理员 街道工作者 镇工作人员 乡镇工作人员 镇街工作人员 乡镇干部 镇街干部 街道组织员",
    _R.COMMUNITY_SECRETARY: "社区党委书记 社区党总支书记 社区党支部书记 社区党组织书记 社区书记主任 村书记 村支书 村党支部书记",
    _R.COMMUNITY_CLERK: "社区工作者 社区专职工作者 社区专职工作人员 社工 社区干部 社区两委成员 社区委员 村工作人员",
    _R.LEADING_CADRE: "包联干部 包保领导 包片领导 包片干部 包联责任人 包社区领导 联系领导 挂点领导 街道包联领导 包联街道领导",
    _R.GRID_LEADER: "片长 网格组长 网格负责人 大网格长 专职网格长 兼职网格长 网格片长",
    _R.SENTIMENT_OFFICER: "民情采集员 民情信息采集员 信息采集员 民情联络员 民情员 信息员 民情信息联络员",
    _R.SAFETY_OFFICER: "综治安全员 综治安全监督员 安全员 安全监管员 安全巡查员 综治员 治安员 平安员",
    _R.CITYSCAPE_OFFICER: "市容员 市容环境监督员 市容环境员 市容管理员 市容环卫监督员 环境监督员 环境卫生监督员 城管员",
    _R.GROUP_LEADER: "党小组组长 楼栋党小组长 网格党小组长 党员小组长",
    _R.RETIREE_LEADER: "退管组长 退管小组组长 退休小组长 退休人员管理小组长 退休人员小组长",
    _R.BUILDING_LEADER: "楼长 栋长 楼组长 楼栋组长 楼宇长 楼门长",
    _R.SUPERVISOR: "义务监督员 社会监督员 群众监督员 党风监督员",
    _R.BRANCH_SECRETARY: "党支部书记 网格支部书记 网格党支部书记 支书",
    _R.COMMITTEE_MEMBER: "支委 党支部委员 支委委员",
}
ORIGIN_WORDS = {
    Origin.APPOINTED: "委任 指派 选派 选任 组织任命 上级任命 兼任",
    Origin.ELECTED: "选举产生 推选 公推直选 居民推选 民主选举 直选",
    Origin.HIRED: "招聘 聘任 公开招聘 招录 考录",
    Origin.VOLUNTEERED: "自愿报名 自荐报名 志愿 自愿",
}
ENGAGEMENT_WORDS = {Engagement.FULL_TIME: "全职 专岗", Engagement.PART_TIME: "兼任 兼岗"}
EVERYWHERE = frozenset(["全部区域", "全市", "全部", "所有区域"])
_is_username = UnicodeUsernameValidator()


def read_end(value: Any) -> PartialDate | None:
    """The last day of a term; 至今 and 长期 say that there is none."""
    return None if type(value) is str and plain(value) in ENDLESS else read_day(value)


def read_start(value: Any) -> PartialDate | Span | None:
    """The first day of a term, or first and last in one cell."""
    try:
        return read_day(value)
    except CellRefused:
        with suppress(CellRefused):
            if (span := read_span(value)) and span.start:
                return span
        raise


def read_username(value: Any) -> str:
    """A log-in name as it is stored."""
    name = normal_name(read_up_to(60)(plain(value)))
    try:
        if name:
            _is_username(name)
    except ValidationError:
        words = {"name": name[:20]}
        raise CellRefused(_("登录名“%(name)s”只能有文字、字母、数字和 @ . + - _，请改正。") % words) from None
    return name


NAME = column(
    "name",
    gettext_lazy("姓名"),
    "姓名 人员姓名 名字 任职人 任职人员 任职人姓名 网格长姓名 楼栋长姓名 网格员姓名 工作人员姓名 干部姓名 担任人 责任人 用户姓名",
    read_name,
    required=True,
    filled=True,
    example="王小明",
)
ROLE = column(
    "role",
    gettext_lazy("职务"),
    "职务 岗位 职务岗位 岗位名称 职务名称 担任职务 任职岗位 现任职务 角色 身份 人员类别 岗位类别 网格职务 岗位职务 任职",
    read_choice(Role, ROLE_WORDS),
    required=True,
    filled=True,
    show=lambda value: Role(value).label,
    choices=lambda: [str(role.label) for role in Role if STANDS_ON[role] - {None}],
    example="网格长",
)
COMMUNITY = column(
    "community",
    gettext_lazy("所在社区"),
    "所在社区 所属社区 社区 社区名称 任职社区 村居 村社区 所在村居 社区村",
    read_up_to(200),
    note=gettext_lazy("不填为本名单所属社区"),
)
GRID = column(
    "grid",
    gettext_lazy("所在网格"),
    "所在网格 所属网格 网格 网格名称 网格编号 网格编码 任职网格 负责网格 责任网格 管理网格",
    read_up_to(200),
    example="第1网格",
)
AREA = column(
    "area",
    gettext_lazy("任职区域"),
    "任职区域 区域 所在区域 所属区域 负责区域 责任区域 管理区域 服务区域 包联区域 包联社区 区域名称 区域编码 "
    "楼栋 楼号 所在楼栋 负责楼栋 责任楼栋",
    read_up_to(200),
    note=gettext_lazy("楼栋或其他区域的名称或编码；有社区、网格两列即可不填"),
)
PHONE = column(
    "phone",
    gettext_lazy("手机"),
    "手机 手机号 手机号码 联系电话 电话 联系方式 值班电话 电话号码 移动电话 办公电话",
    read_phones,
    mask=mask_phone,
    show=lambda value: getattr(value, "first", value),
    example="15400000001",
    note=gettext_lazy("用来分辨同名的人"),
)
USERNAME = column(
    "username",
    gettext_lazy("登录名"),
    "登录名 用户名 账号 账户 登录账号 系统账号 帐号",
    read_username,
    note=gettext_lazy("不填由姓名拼音得出"),
)
STARTS = column(
    "starts_on",
    gettext_lazy("任期自"),
    "任期自 任职日期 任职时间 任期开始 任期起 开始日期 到岗时间 到岗日期 聘任日期 聘用日期 上岗时间 上岗日期 任职起始时间 "
    "任期开始时间 任期开始日期 任命日期 任命时间",
    read_start,
    example="2026-01-01",
    note=gettext_lazy("不填为导入当天"),
)
ENDS = column(
    "ends_on",
    gettext_lazy("任期至"),
    "任期至 任期止 任期结束 结束日期 到期日期 到期时间 任期届满日期 任期结束日期 任期结束时间 届满时间 聘期至",
    read_end,
    note=gettext_lazy("最后一天；不填为不定期"),
)
TERM = column(
    "term",
    gettext_lazy("任期"),
    "任期 聘期 任职期限 聘用期限 任期起止 任期起止时间 任期起止日期 任职起止时间 任职起止日期 起止时间 "
    "起止日期 任期时间 本届任期 term",
    read_span,
    note=gettext_lazy("起止写在一格的填这里，如 2026-01 至 2028-12"),
)
ORIGIN = column(
    "origin",
    gettext_lazy("产生方式"),
    "产生方式 任职方式 产生形式 任用方式 选任方式",
    read_choice(Origin, ORIGIN_WORDS),
    show=lambda value: Origin(value).label,
    choices=lambda: [str(one.label) for one in Origin],
    example="任命",
    note=gettext_lazy("不填为任命"),
)
ENGAGEMENT = column(
    "engagement",
    gettext_lazy("专兼职"),
    "专兼职 专/兼职 专职/兼职 专职兼职 专职或兼职 是否专职 专兼职情况",
    read_choice(Engagement, ENGAGEMENT_WORDS),
    show=lambda value: Engagement(value).label,
    choices=lambda: [str(one.label) for one in Engagement],
    example="兼职",
    note=gettext_lazy("不填为兼职"),
)
DUTIES = column(
    "duties", gettext_lazy("职责"), "职责 岗位职责 工作职责 主要职责 职责分工 分工 一岗多责 职责一岗多责", read_up_to(300)
)
COLUMNS = (NAME, ROLE, COMMUNITY, GRID, AREA, PHONE, USERNAME, STARTS, ENDS, TERM, ORIGIN, ENGAGEMENT, DUTIES)
_LABELS = {one.field: one.label for one in COLUMNS} | {"user": NAME.label}


# --- Judging


class _Judging:
    """Whom the importer sees by the names of the file, what posts they have, and whom the file brings."""

    def __init__(self, rows: Iterable[Row], by, area: Area | None):
        self.by, self.places = by, Places(by, area)
        names = {said(row, "name") for row in rows} - {""}
        usernames = {said(row, "username") for row in rows} - {""}
        users = users_named(by, names, usernames)
        self.taken = taken_usernames() if usernames else set()
        self.by_username = {user.username: user for user in users}
        self.by_name: dict[str, list[User]] = defaultdict(list)
        for user in users:
            self.by_name[user.name].append(user)
        self.held: dict[Any, list[Appointment]] = posts_held(user.pk for user in users)
        self.new: dict[str, list[tuple[User, int]]] = defaultdict(list)  # by name: whom the file brings, and in which row
        self.areas: dict[int, Area | None] = {}  # by id(row)

    def read(self, row: Row) -> None:
        settle_phone(row, PHONE)
        settle_span(row, STARTS, STARTS, ENDS)
        settle_span(row, TERM, STARTS, ENDS)
        settle_date(row, STARTS)
        settle_date(row, ENDS, last=True)
        role = said(row, "role")
        kinds = STANDS_ON[Role(role)] if role else frozenset()
        self.areas[id(row)] = None
        if said(row, "area") in EVERYWHERE:
            return
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        columns = ((COMMUNITY, AreaKind.COMMUNITY), (GRID, AreaKind.GRID), (AREA, kind))
        found = stated(row, columns, self._find)
        fitting = [area for area in found if area.kind in kinds]
        if found:
            self.areas[id(row)] = (fitting or found)[-1]
        elif row.verdict is not Verdict.REFUSED and self.places.context and self.places.context.kind in kinds:
            self.areas[id(row)] = self.places.context
            row.warn(AREA.label, _("没有填写，按“%(area)s”登记，请核对。") % {"area": self.places.context.name})
        elif role and not any(said(row, one.field) for one, _kind in columns):
            row.refuse(AREA.label, _("没有填写任职的社区、网格或其他区域，请补上名称或编码。"))

    def _find(self, text: str, kind: str | None, within: Area | None) -> Area:
        """Of the kind if there is one; else whatever has the name, for the rules to say what is wrong with it."""
        try:
            return self.places.find(text, kind, within)
        except CellRefused:
            return self.places.find(text, None, within)

    def key(self, row: Row) -> tuple | None:
        who = said(row, "username") or (said(row, "name"), said(row, "phone"))
        area = self.areas[id(row)]
        return (who, said(row, "role"), area and area.pk, said(row, "starts_on"), said(row, "ends_on"))

    # --- Who is meant

    def user_of(self, row: Row) -> User | None:
        """The user on record, or one to be entered; None where the row was refused or is left alone."""
        if said(row, "username"):
            return self._by_login(row)
        name, phone = said(row, "name"), said(row, "phone")
        same = self.by_name.get(name, [])
        known = [user for user in same if phone and user.phone == phone]
        brought = [(user, number) for user, number in self.new[name] if phone and user.phone == phone]
        if len(known) > 1:
            row.refuse(NAME.label, _("有 %(n)d 个同名且同电话的在案用户，请填写登录名。") % {"n": len(known)})
            return None
        if known or brought:
            return known[0] if known else brought[0][0]
        holders = [user for user in same if self._holds(user, row)]
        if not phone and len(holders) == 1 and not self.new[name]:
            return holders[0]  # nothing comes of it: the very post is on record
        if same or self.new[name]:
            return self._asked(row, same, self.new[name])
        return self._enter(row)

    def _by_login(self, row: Row) -> User | None:
        username, name, phone = (said(row, one) for one in ("username", "name", "phone"))
        words = {"username": username}
        user = self.by_username.get(username)
        if user is None and username in self.taken:
            row.refuse(USERNAME.label, _("登录名“%(username)s”已有人使用，请换一个。") % words)
            return None
        if user is None:
            if any(phone and one.phone == phone for one in self.by_name.get(name, ())):
                row.refuse(USERNAME.label, _("同名且同电话的用户已在案，用的是另一个登录名，请核对登录名，或留空。"))
                return None
            user = self.by_username[username] = self._enter(row)
        elif user.name != name:
            row.refuse(NAME.label, _("登录名“%(username)s”是另一个姓名的用户，请核对登录名和姓名。") % words)
            return None
        elif phone and user.phone != phone:
            row.warn(PHONE.label, _("与在案的电话不同，在案的未改动；更正电话请在用户页面办理。"))
        return user

    def _enter(self, row: Row) -> User:
        phone = said(row, "phone")
        user = User(username=said(row, "username"), name=said(row, "name"), phone=phone, phone_tail=phone[-4:])
        self.new[user.name].append((user, row.number))
        return user

    def _holds(self, user: User, row: Row) -> bool:
        post = self.post_of(row, user)
        return any(is_same_post(other, post) and overlap(other, post) for other in self.held.get(user.pk, ()))

    def _asked(self, row: Row, same: list[User], brought: list[tuple[User, int]]) -> User | None:
        """Namesakes are normal: who is meant is offered, never assumed."""
        phone = said(row, "phone")
        options = {"skip": (_("暂不导入本行"), None)}
        for user in same[:5]:
            words = {"username": user.username, "tail": user.phone_tail or _("无")}
            options[f"user:{user.pk}"] = (_("是在案的 %(username)s（电话尾号 %(tail)s）") % words, user)
        for user, number in brought[:5]:
            options[f"row:{number}"] = (_("与第 %(row)d 行是同一人") % {"row": number}, user)
        options["new"] = (_("是另一个人，新建用户"), None)
        if phone and all(user.phone for user in [*same, *(user for user, _number in brought)]):
            options = {"new": options.pop("new"), **options}  # another number is another person, until somebody says otherwise
        message = _("有同名的人，请选择是谁；填写手机或登录名可以免去选择。")
        answer = row.warn(NAME.label, message, "person", [(value, label) for value, (label, _user) in options.items()])
        if answer == "skip":
            row.skip(NAME.label, _("有同名的人，尚未选择是谁，本行不导入。"))
            return None
        return options[answer][1] or self._enter(row)

    # --- What becomes of it

    def post_of(self, row: Row, user: User) -> Post:
        return Post(
            user=user,
            role=said(row, "role"),
            area=self.areas[id(row)],
            starts_on=_day(row, "starts_on") or today(),
            ends_on=_day(row, "ends_on"),
            origin=said(row, "origin") or Origin.APPOINTED,
            engagement=said(row, "engagement") or Engagement.PART_TIME,
            duties=said(row, "duties"),
        )

    def appoint(self, row: Row, user: User) -> None:
        post = self.post_of(row, user)
        held = self.held.setdefault(user.pk or id(user), [])
        known = [other for other in held if other.pk and is_same_post(other, post) and overlap(other, post)]
        for name, message in refusals(post, [other for other in held if other not in known], self.by):
            row.refuse(_LABELS[name], message)
        if row.verdict is Verdict.REFUSED:
            return
        if known:
            row.verdict = Verdict.UNCHANGED
            days = [(one, _day(row, one.field), getattr(known[0], one.field)) for one in (STARTS, ENDS)]
            for one in [one for one, new, old in days if new and new != old]:
                row.warn(one.label, _("与在案的任期不同，在案的未改动；如已换届，请先结束原任职。"))
            return
        row.verdict, row.plan = Verdict.NEW, post
        held.append(Appointment(role=post.role, area=post.area, starts_on=post.starts_on, ends_on=post.ends_on))


def _day(row: Row, name: str) -> date | None:
    return said(row, name) or None


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, unchanged, skipped (a namesake nobody told apart) or refused, by the rules of appointing by hand."""
    judging = _Judging(rows, by, area)
    for row in rows:
        judging.read(row)
    for row in skip_repeats(rows, judging.key, NAME):
        if row.verdict is Verdict.REFUSED:
            continue
        user = judging.user_of(row)
        if user is not None:
            judging.appoint(row, user)


@action("accounts.import_appointments")
def commit(*, rows: Iterable[Row], by) -> int:
    """Enter the new users and appoint, all or none. Returns how many posts. Raises UserRefused, AppointmentRefused."""
    posts = [row.plan for row in rows]
    new = list({id(post.user): post.user for post in posts if post.user.pk is None}.values())
    taken = taken_usernames() | {user.username for user in new}
    for user in new:
        user.username = user.username or free_name(user.name, taken)
        taken.add(user.username)
    made = create_users(users=[NewUser(user.username, user.name, user.phone) for user in new], by=by) if new else []
    made_of = {id(user): row for user, row in zip(new, made, strict=True)}
    return len(appoint_many(posts=[replace(post, user=made_of.get(id(post.user), post.user)) for post in posts], by=by))


@rosters
def appointments() -> Roster:
    return Roster("appointments", gettext_lazy("任职"), COLUMNS, judge, commit)
