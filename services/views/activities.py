"""Activities on the phone: looking, signing up, signing in by the rotating code; and running them."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gridparty.lib import photos
from gridparty.lib.codes import address, qr_image
from gridparty.lib.dates import today
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from members.views.mine import my_page
from people.rounds import part
from people.views.rounds import page_of
from services import actions
from services.actions import NewActivity
from services.choices import ActivityState, SignUpState
from services.forms.activities import ActivityForm, AttendForm, CancelForm, PhotosForm, TickForm
from services.gatherings import (
    CODE,
    attended_by,
    closed_because,
    counted,
    no_signing_in,
    pass_of,
    photos_for,
    places_for,
    readable,
    roll_of,
    runnable,
    sign_up_of,
    teams_for,
)
from services.models import Activity, SignUp
from services.offers import membership_of
from services.views.steps import pressed, runner_page

FORM = ["GET", "HEAD", "POST"]


def _page(pk: int) -> str:
    return reverse("services:activity", args=[pk])


def _run_page(pk: int) -> str:
    return reverse("services:run_activity", args=[pk])


# --- For who takes part


def _readable(request: HttpRequest, pk: int) -> Activity:
    return get_object_or_404(readable(request.user).select_related("area", "community", "team"), pk=pk)


@my_page
@require_safe
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, whether one has a place, and why one cannot sign up."""
    row, member = _readable(request, pk), membership_of(request.user)
    signup = sign_up_of(row, member)
    context = {
        "activity": row,
        "signup": signup,
        "closed": "" if signup else closed_because(row, member),
        "withdraws": bool(signup and not signup.attended and row.state == ActivityState.OPEN and row.on >= today()),
        "waiting": row.signups.filter(state=SignUpState.WAITING).count() if row.is_full else 0,
        "photos": list(row.photos.order_by("pk").values_list("pk", flat=True)),
        "runs": runnable(request.user).filter(pk=pk).exists(),
        "form": SentForm(),
    }
    return render(request, "services/activities/activity.html", context)


@my_page
@require_POST
def sign_up(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Activity.objects.own(request.user), pk=pk)

    def act() -> tuple[str, str]:
        done = actions.sign_up(activity=row, by=request.user, wait=bool(request.POST.get("wait")))
        waits = done.state == SignUpState.WAITING
        return _page(pk), _("已列入候补，有名额时会通知您。") if waits else _("已报名，请按时参加。")

    return pressed(request, act, _page(pk))


@my_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(SignUp.objects.own(request.user).order_by("-pk").filter(activity=pk)[:1])

    def act() -> tuple[str, str]:
        actions.withdraw_sign_up(signup=row, by=request.user)
        return _page(pk), _("已退出报名。")

    return pressed(request, act, _page(pk))


@my_page
@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """For who may look at the activity."""
    return photos.shown(get_object_or_404(photos_for(request.user), pk=pk).photo)


@my_page
@require_http_methods(FORM)
def attend(request: HttpRequest, token: str) -> HttpResponse:
    """Where the code on the screen leads: one button, for which there are three minutes."""
    sent = request.method == "POST"
    form = AttendForm(request.POST if sent else None)

    def act() -> tuple[str, str]:
        done = actions.attend_by_code(token=form.cleaned_data["token"], by=request.user)
        return _page(done.activity_id), _("已签到。")

    if sent and (done := answer(request, form, act)):
        return done
    row = attended_by(request.POST.get("token", "") if sent else token, request.user)
    member = membership_of(request.user)
    if row and not sent:
        form.initial["token"] = pass_of(request.user).token(row)
    signup = row and sign_up_of(row, member)
    context = {"form": form, "activity": row, "member": member, "signup": signup, "refusal": no_signing_in(row) if row else ""}
    return render(request, "services/activities/attend.html", context, status=200 if row else 404)


# --- For who runs them


def _run(request: HttpRequest, pk: int) -> Activity:
    return get_object_or_404(runnable(request.user).select_related("area__parent", "community", "team", "held_by"), pk=pk)


@runner_page
@require_safe
def run(request: HttpRequest) -> HttpResponse:
    """Those to come and those to be closed; `?show=past`: what was held or cancelled."""
    show = "past" if request.GET.get("show") == "past" else "open"
    rows = runnable(request.user).select_related("area", "community", "team")
    is_open = Q(state=ActivityState.OPEN)
    rows = rows.exclude(is_open).order_by("-on", "-pk") if show == "past" else rows.filter(is_open).order_by("on", "begins", "pk")
    context = {"show": show, "part": part(rows, page_of(request)), "today": today()}
    return render(request, "services/activities/run.html", context)


@runner_page
@require_http_methods(FORM)
def new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@runner_page
@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _run(request, pk))


def _edit(request: HttpRequest, row: Activity | None) -> HttpResponse:
    areas, teams = places_for(request.user), teams_for(request.user)
    if row:  # where it is and whose it is may stay, whoever changes the rest
        areas += [row.area] if row.area not in areas else []
        teams += [row.team] if row.team and row.team not in teams else []
    names = ("title", "spot", "on", "begins", "ends", "places", "sign_up_until", "text")
    initial = {name: getattr(row, name) for name in names} if row else {}
    initial |= {"area": row.area_id, "team": row.team_id} if row else {"team": teams[0].pk if len(teams) == 1 else None}
    form = ActivityForm(request.POST if request.method == "POST" else None, areas=areas, teams=teams, initial=initial)

    def act() -> tuple[str, str]:
        values = NewActivity(**form.values())
        if row:
            actions.change_activity(activity=row, new=values, by=request.user)
            return _run_page(row.pk), _("活动已修改。")
        made = actions.open_activity(new=values, by=request.user)
        return _run_page(made.pk), _("活动已发布，可以报名。")

    done = answer(request, form, act) if request.method == "POST" else None
    return done or render(request, "services/activities/edit.html", {"form": form, "activity": row})


@runner_page
@require_safe
def manage(request: HttpRequest, pk: int) -> HttpResponse:
    """Who signed up and who came (`?all=1` has them all ticked); what is to be done with it now."""
    return _manage(request, _run(request, pk))


def _manage(request: HttpRequest, row: Activity, form: TickForm | None = None) -> HttpResponse:
    roll = roll_of(row)
    is_open = row.state == ActivityState.OPEN
    ticked = {"came": [str(one.member_id) for one in roll if one.state == SignUpState.SIGNED]} if "all" in request.GET else {}
    form = form or TickForm(activity=row, roll=roll, initial=ticked)
    context = {
        "activity": row,
        "is_open": is_open,
        "ticks": is_open and row.on <= today(),
        "on_day": is_open and row.on == today(),
        "signed": [one for one in roll if one.state == SignUpState.SIGNED],
        "waiting": [one for one in roll if one.state == SignUpState.WAITING],
        "came": sum(bool(one.attended) for one in roll),
        "form": form,
        "picked": {int(key) for key in form["came"].value() or () if str(key).isdecimal()},
        "photos": list(row.photos.order_by("pk").values_list("pk", flat=True)),
        "photos_form": PhotosForm(auto_id="photos_%s"),
    }
    return render(request, "services/activities/manage.html", context)


@runner_page
@require_safe
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """The code that everybody present scans. It is made anew while it is shown: the browser asks again by itself."""
    row = get_object_or_404(counted(runnable(request.user)), pk=pk)
    refusal = no_signing_in(row)
    qr = "" if refusal else qr_image(address("services:attend", CODE.token(row)))
    answer_ = render(request, "services/activities/code.html", {"activity": row, "qr": qr, "refusal": refusal})
    if not refusal:
        answer_["Refresh"] = "20"
    return answer_


@runner_page
@require_POST
def tick(request: HttpRequest, pk: int) -> HttpResponse:
    row = _run(request, pk)
    form = TickForm(request.POST, activity=row, roll=roll_of(row))

    def act() -> tuple[str, str]:
        number = actions.tick_attendance(activity=row, members=form.came, gone=form.gone, by=request.user)
        return _run_page(pk), _("已登记 %d 人签到。") % number if number else _("签到名单已保存。")

    return answer(request, form, act) or _manage(request, row, form)


@runner_page
@require_http_methods(FORM)
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Close it: the page says for how many people how many hours are confirmed."""
    row = get_object_or_404(counted(runnable(request.user)), pk=pk)

    def act() -> tuple[str, str]:
        return _run_page(pk), _said(actions.hold_activity(activity=row, by=request.user))

    if request.method == "POST":
        return pressed(request, act, _run_page(pk))
    context = {"activity": row, "form": SentForm(), "early": row.on > today()}
    return render(request, "services/activities/hold.html", context)


def _said(held: actions.Held) -> str:
    """What came of closing it, naming who has no hours by it."""
    said = [_("活动已办结，%d 人的服务时长已登记。") % len(held.hours)]
    if any(one.unpaid for one in held.hours):
        said.append(_("其中 %d 人的时长未计积分，原因见时长记录。") % sum(bool(one.unpaid) for one in held.hours))
    if any(one.decided_by_id is None for one in held.hours):
        said.append(_("您本人的时长待他人确认。"))
    if held.skipped:
        names = "、".join(member.name for member in held.skipped)
        said.append(_("%(names)s当天同一时间已登记其他时长，没有重复登记。") % {"names": names})
    return "".join(said)


@runner_page
@require_http_methods(FORM)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = _run(request, pk)
    form = CancelForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        actions.cancel_activity(activity=row, reason=form.cleaned_data["reason"], by=request.user)
        return _run_page(pk), _("活动已取消，已通知报名的人。")

    done = answer(request, form, act) if request.method == "POST" else None
    context = {"activity": row, "form": form, "signed": row.taken}
    return done or render(request, "services/activities/cancel.html", context)


@runner_page
@require_POST
def add_photos(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _run(request, pk), PhotosForm(request.POST, request.FILES)

    def act() -> tuple[str, str]:
        number = actions.add_photos(activity=row, photos=form.cleaned_data["photos"], by=request.user)
        return _run_page(pk), _("照片已上传，共 %d 张。") % number

    return pressed(request, act, _run_page(pk), form)
