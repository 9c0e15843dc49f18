"""The page on which a meeting is run: who came, what became of earlier resolutions, what was said, what was decided, the minutes.

Every part is a form saved by itself (`part` and the `key` of its row say which); what is refused is shown again in its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gridparty.lib.access import Can
from gridparty.lib.addresses import row_named
from gridparty.lib.doors import needs
from gridparty.lib.names import pinyin
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from liaison.actions.meetings import add_item, correct_attendance, hold_unchanged, move_meeting, note_item, write_minutes
from liaison.actions.resolutions import change_resolution, check_resolution, pass_resolution, withdraw_resolution
from liaison.choices import INVITED_TO, MeetingMove, MeetingState, Reply
from liaison.convening import agenda_of, mark_of, members_of, quorum_in_words, roll_of, secrets
from liaison.forms.meetings import (
    AttendForm,
    CheckForm,
    ItemForm,
    MinutesForm,
    NoteForm,
    ResolutionForm,
    WithdrawForm,
)
from liaison.models import AgendaItem, Attendance, Meeting, Resolution

FEW = 40  # a list that needs no letters to find somebody in
_FORM = ["GET", "HEAD", "POST"]


@needs(Can.RUN_LIAISON)
@require_http_methods(_FORM)
@never_cache
def run(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Meeting.objects.editable_by(request.user).select_related("area", "community", "body")
    meeting = get_object_or_404(rows, pk=pk)
    page = Page(request, meeting)
    if request.method == "POST":
        return page.answer() or page.render()
    if meeting.state not in INVITED_TO:
        messages.error(request, _("会议目前为“%s”，发出通知后才能登记到会。") % meeting.get_state_display())
        return redirect("admin:liaison_meeting_change", meeting.pk)
    return page.render()


@dataclass
class Part:
    """One form of the page: how it is made, and what it does; both get the page and the row it is about."""

    make: Callable
    act: Callable
    rows: str = ""  # "agenda" or "passed", where it is about one of these
    at: str = ""  # where the page goes on afterwards, if not at the row


class Page:
    """The page for one request: its rows, read once, and the form that was sent, if one was."""

    def __init__(self, request: HttpRequest, meeting: Meeting):
        self.request, self.meeting, self.by = request, meeting, request.user
        self.sent: tuple[str, int] | None = None
        self.bound: SentForm | None = None
        self.shown: set = set()
        self.roll = roll_of(meeting)
        self.agenda = agenda_of(meeting)
        passed = (
            Resolution.objects.visible_to(self.by).filter(meeting=meeting).select_related("owner__person", "owner__unit", "case")
        )
        hidden = (*secrets("owner__"), "case__text", "case__teller", "case__teller_phone")
        self.passed = list(passed.defer(*hidden).order_by("number"))
        self.is_held = meeting.state == MeetingState.HELD

    @cached_property
    def members(self) -> list:
        """Who may take a resolution on."""
        return list(members_of(self.meeting.body))

    # --- A form that was sent
    def answer(self) -> HttpResponse | None:
        name = self.request.POST.get("part", "")
        part = PARTS.get(name)
        row = self._row(part) if part else None
        if part is None or (part.rows and row is None):
            messages.error(self.request, _("本页内容有变，没有保存，请核对后重新填写。"))
            return redirect(self.address())
        self.sent = (name, row.pk if row else 0)
        self.bound = part.make(self, row, self.request.POST)
        anchor = part.at or f"{name}-{row.pk}"

        def act() -> tuple[str, str]:
            return self.address(anchor), part.act(self, row, self.bound)

        done = answer(self.request, self.bound, act)
        if done is None:
            self.meeting.refresh_from_db(fields=["state"])
            self._renew_mark(part, row)
        return done

    def _renew_mark(self, part: Part, row) -> None:
        """Who was told what somebody else wrote has seen it: saved again, theirs stands."""
        if "mark" in self.bound.fields and self.bound.non_field_errors():
            self.bound.data = self.bound.data.copy()
            self.bound.data["mark"] = part.make(self, row, None).initial.get("mark", "")

    def _row(self, part: Part):
        asked = self.request.POST.get("key", "")
        return next((row for row in getattr(self, part.rows) if str(row.pk) == asked), None) if part.rows else None

    def address(self, anchor: str = "") -> str:
        page = reverse("liaison:run_meeting", args=[self.meeting.pk])
        return f"{page}#{anchor}" if anchor else page

    # --- The page
    def form(self, name: str, row=None) -> SentForm:
        """The form of a part: as it was sent if it was not taken, else as the rows are."""
        key = (name, row.pk if row else 0)
        self.shown.add(key)
        return self.bound if key == self.sent else PARTS[name].make(self, row, None)

    def render(self) -> HttpResponse:
        meeting = self.meeting
        self.is_held = meeting.state == MeetingState.HELD
        context = {
            **admin.site.each_context(self.request),
            "is_nav_sidebar_enabled": False,  # all of a tablet for the page
            "title": meeting.title,
            "meeting": meeting,
            "opts": Meeting._meta,
            "is_held": self.is_held,
            "opens_attendance": meeting.state == MeetingState.CONVENED or self.sent == ("attend", 0) or "all" in self.request.GET,
            "quorum": quorum_in_words(meeting) if meeting.state != MeetingState.CONVENED else self._expected(),
            **self._attendance(),
            "checks": [(item, self._held_form("check", item)) for item in self.agenda if item.resolution_id],
            "items": [(item, self._held_form("note", item)) for item in self.agenda if not item.resolution_id],
            "new_item": self._held_form("item"),
            **self._resolutions(),
            "minutes": self._held_form("minutes"),
            "close": self._held_form("close"),
            "lacking": self._lacking(),
        }
        if self.sent and self.sent not in self.shown:  # somebody else closed the meeting meanwhile
            context["unsaved"] = self.bound
        return render(self.request, "admin/liaison/meeting_run.html", context)

    def _held_form(self, name: str, row=None) -> SentForm | None:
        return self.form(name, row) if self.is_held else None

    def _expected(self) -> str:
        voting = sum(one.body_member.votes for one in self.roll)
        self.meeting.voters = voting  # until it is fixed
        words = {"voters": voting, "needed": self.meeting.needed}
        if not self.meeting.needed:
            return _("有表决权的成员 %(voters)d 人。勾选到会人员后保存，即可登记后面各项。") % words
        return _("有表决权的成员 %(voters)d 人，须到 %(needed)d 人。勾选到会人员后保存，即可登记后面各项。") % words

    def _attendance(self) -> dict:
        if self.meeting.state == MeetingState.CLOSED:
            return {"attend": None, "groups": _groups([(one, bool(one.came), None) for one in self.roll])}
        form = self.form("attend")
        ticked = {str(key) for key in form["came"].value() or ()}
        proxied = set(form.proxied)
        rows = [(one, str(one.pk) in ticked, form[f"proxy_{one.pk}"] if one.pk in proxied else None) for one in self.roll]
        return {"attend": form, "groups": _groups(rows), "replied": {one.reply for one in self.roll} - {""}}

    def _resolutions(self) -> dict:
        """Those passed, one of them to be changed where that was asked for; none can be passed without a quorum."""
        changes = row_named(Resolution.objects.visible_to(self.by).filter(meeting=self.meeting), self.request.GET.get("change"))
        about = changes.pk if changes else self.sent[1] if self.sent and self.sent[0] in ("change", "withdraw") else None
        passed = []
        for row in self.passed:
            is_changed = self.is_held and row.pk == about
            passed.append(
                (row, self.form("change", row) if is_changed else None, self.form("withdraw", row) if is_changed else None)
            )
        may = self.is_held and self.meeting.is_quorate
        return {"passed": passed, "new_resolution": self.form("resolve") if may else None, "is_quorate": self.meeting.is_quorate}

    def _lacking(self) -> list[str]:
        """Why the minutes cannot go out yet."""
        unchecked = sum(bool(item.resolution_id and not item.outcome) for item in self.agenda)
        lacking = [_("还有 %d 项上次决议没有检查结果。") % unchecked] if unchecked else []
        if not self.meeting.minutes and not any(item.text for item in self.agenda):
            lacking.append(_("议题的讨论情况和会议综述都没有填写。"))
        return lacking


def _groups(rows: Sequence[tuple]) -> list[tuple[str, list[tuple]]]:
    """Few: who votes, and guests. Many: by the first letter of their names, as they are looked for at the door."""
    groups: dict[str, list[tuple]] = {}
    if len(rows) <= FEW:
        for row in rows:
            groups.setdefault(_("有表决权") if row[0].body_member.votes else _("列席"), []).append(row)
        return list(groups.items())
    for row in sorted(rows, key=_spelt):
        groups.setdefault(_spelt(row)[0][:1].upper() or "#", []).append(row)
    return list(groups.items())


def _spelt(row: tuple) -> tuple[str, str, str]:
    """Surname by surname: 李 before 梁."""
    name = row[0].body_member.called
    return pinyin(name[:1]), name[:1], pinyin(name)


# --- The parts: how each form is made, and what it does

CHECKED, PASSED = ("outcome", "text"), ("text", "owner_id", "due_on")  # what a page shows of them


def _mark(row, names: Sequence[str]) -> str:
    return mark_of(*(getattr(row, name) for name in names))


def _attend(page: Page, row: None, data) -> AttendForm:
    came = [str(one.pk) for one in page.roll if _is_ticked(page, one)]
    shown = [str(one.pk) for one in page.roll if one.came] if page.is_held else came
    initial = {"came": came, "shown": ",".join(shown)} | {f"proxy_{one.pk}": one.proxy for one in page.roll}
    return AttendForm(data, roll=page.roll, meeting=page.meeting, initial=initial, auto_id="attend_%s")


def _is_ticked(page: Page, one: Attendance) -> bool:
    """As it was entered; before that all (`?all=1`), or who said that they or somebody for them will come."""
    if "all" in page.request.GET:
        return True
    return bool(one.came) if page.is_held else one.reply in (Reply.COMING, Reply.PROXY)


def _do_attend(page: Page, row: None, form: AttendForm) -> str:
    entered = {"meeting": page.meeting, "by": page.by, "came": form.came_now, "proxies": form.proxies}
    if page.meeting.state == MeetingState.CONVENED:
        done = move_meeting(move=MeetingMove.HOLD, **entered)
    else:
        done = correct_attendance(gone=form.gone, **entered)
    return _("签到已保存。%s") % quorum_in_words(done)


def _check(page: Page, item: AgendaItem, data) -> CheckForm:
    initial = {"outcome": item.outcome, "text": item.text, "mark": _mark(item, CHECKED)}
    return CheckForm(data, initial=initial, auto_id=f"check_{item.pk}_%s")


def _do_check(page: Page, item: AgendaItem, form: CheckForm) -> str:
    data = form.cleaned_data
    hold_unchanged(row=item, names=CHECKED, mark=data["mark"], by=page.by)
    check_resolution(item=item, outcome=data["outcome"], text=data["text"], due_on=data["due_on"], by=page.by)
    return _("检查结果已保存。")


def _note(page: Page, item: AgendaItem, data) -> NoteForm:
    return NoteForm(data, initial={"text": item.text, "mark": mark_of(item.text)}, auto_id=f"note_{item.pk}_%s")


def _do_note(page: Page, item: AgendaItem, form: NoteForm) -> str:
    note_item(item=item, text=form.cleaned_data["text"], mark=form.cleaned_data["mark"], by=page.by)
    return _("讨论情况已保存。")


def _do_item(page: Page, row: None, form: ItemForm) -> str:
    add_item(meeting=page.meeting, title=form.cleaned_data["title"], by=page.by)
    return _("议题已增加。")


def _resolution(page: Page, row: Resolution | None, data) -> ResolutionForm:
    initial = {"text": row.text, "owner": row.owner_id, "due_on": row.due_on, "mark": _mark(row, PASSED)} if row else {}
    members = page.members + ([row.owner] if row and row.owner not in page.members else [])
    auto_id = f"change_{row.pk}_%s" if row else "resolve_%s"
    about = {"meeting": page.meeting, "user": page.by, "members": members, "resolution": row}
    return ResolutionForm(data, initial=initial, auto_id=auto_id, **about)


def _do_resolve(page: Page, row: None, form: ResolutionForm) -> str:
    done = pass_resolution(meeting=page.meeting, new=form.new(), by=page.by)
    words = {"n": done.number}
    return _("第 %(n)d 号决议已登记，并转为民情事件。") % words if done.case_id else _("第 %(n)d 号决议已登记。") % words


def _do_change(page: Page, row: Resolution, form: ResolutionForm) -> str:
    hold_unchanged(row=row, names=PASSED, mark=form.cleaned_data["mark"], by=page.by)
    change_resolution(resolution=row, new=form.new(), by=page.by)
    return _("第 %d 号决议已修改。") % row.number


def _do_withdraw(page: Page, row: Resolution, form: WithdrawForm) -> str:
    withdraw_resolution(resolution=row, reason=form.cleaned_data["reason"], by=page.by)
    return _("第 %d 号决议已撤回。") % row.number


def _minutes(page: Page, row: None, data) -> MinutesForm:
    meeting = page.meeting
    mark = mark_of(meeting.minutes, meeting.recorder)
    initial = {"minutes": meeting.minutes, "recorder": meeting.recorder, "mark": mark}
    return MinutesForm(data, initial=initial, auto_id="minutes_%s")


def _do_minutes(page: Page, row: None, form: MinutesForm) -> str:
    write_minutes(meeting=page.meeting, by=page.by, **{name: form.cleaned_data[name] for name in ("minutes", "recorder", "mark")})
    return _("会议综述已保存。")


def _do_close(page: Page, row: None, form: SentForm) -> str:
    move_meeting(meeting=page.meeting, move=MeetingMove.CLOSE, by=page.by)
    return _("纪要已发出，有账号的成员和决议责任人已收到通知。")


def _plain(form: type[SentForm], name: str) -> Callable:
    """A form that begins empty; those of several rows have ids of their own."""
    return lambda page, row, data: form(data, auto_id=f"{name}_{row.pk}_%s" if row else f"{name}_%s")


PARTS: dict[str, Part] = {
    "attend": Part(_attend, _do_attend, at="attend"),
    "check": Part(_check, _do_check, "agenda"),
    "note": Part(_note, _do_note, "agenda"),
    "item": Part(_plain(ItemForm, "item"), _do_item, at="item"),
    "resolve": Part(_resolution, _do_resolve, at="resolve"),
    "change": Part(_resolution, _do_change, "passed", "resolve"),
    "withdraw": Part(_plain(WithdrawForm, "withdraw"), _do_withdraw, "passed", "resolve"),
    "minutes": Part(_minutes, _do_minutes, at="minutes"),
    "close": Part(_plain(SentForm, "close"), _do_close, at="close"),
}
