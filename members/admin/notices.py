"""Points on the page of an organisation: a meeting by ticking names, and the notice of a year for its wall."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib import pdf
from gridparty.lib.access import Can, scope_of
from members import actions
from members.actions import NewEntry
from members.choices import OrganisationKind
from members.forms import MeetingForm
from members.models import PointBalance
from members.notices import MOST_ON_PAPER, branches_of, latest_published, notice_pdf
from members.points import meeting_source
from people.admin.steps import Step

# --- A meeting


def _says_meeting(organisation, user) -> list[str]:
    return [
        gettext("为勾选的党员按所选项目各记一条。您有权审核的当即记分，其余（包括您本人的）进入待审核。"),
        gettext("同一日期、同一会议名称，每人同一项目只记一次，重复提交不会重复记分。"),
    ]


def _no_meeting(organisation, user) -> str:
    """Asked for every page of an organisation, so without a look at its members: the form says what it finds."""
    if organisation.closed_on:
        return gettext("该党组织已撤销，不能办理。")
    if not scope_of(user).has(Can.PROPOSE_POINTS):
        return gettext("您没有记分的权限。")
    meets = organisation.kind in (OrganisationKind.BRANCH, OrganisationKind.GENERAL_BRANCH, OrganisationKind.GROUP)
    return "" if meets else gettext("会议记分在党支部、党总支或党小组的页面办理。")


def _meeting(organisation, data, by):
    source = meeting_source(data["on"], data["title"])
    columns = {"item": data["item"], "on": data["on"], "source": source, "quantity": data["quantity"]}
    entries = [NewEntry(member, note=data["title"], **columns) for member in data["members"]]
    posted = actions.post_points(entries=entries, by=by)
    words = {"n": len(posted.entries), "waiting": posted.waiting, "beyond": posted.beyond}
    told = [gettext("已记 %(n)d 条。") % words]
    told += [gettext("其中 %(waiting)d 条待审核。") % words] if posted.waiting else []
    told += [gettext("%(beyond)d 条已到封顶，超出部分不计。") % words] if posted.beyond else []
    organisation.told = "".join(told)
    return organisation


MEETING = Step("meeting", _("会议记分"), _says_meeting, _meeting, MeetingForm, _no_meeting)

# --- The notice on paper


def notice_page(model_admin, scheme_of):
    """A view that answers with the lists for the wall; `scheme_of` finds the year and the path of the row in the address."""

    def view(request, pk):
        row = model_admin.get_object(request, str(pk))
        if not model_admin.may_step(request, row):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):  # said last, so that a row out of sight is 404 whatever is sent
            return HttpResponseNotAllowed(["GET", "HEAD"])
        scheme, path = scheme_of(row)
        branches = branches_of(scheme, path) if scheme else []
        number = sum(one.number for one in branches)
        if not 0 < number <= MOST_ON_PAPER:
            too_long = gettext("名单过长，请在街道或社区党组织的页面分别打印。")
            words = too_long if number else gettext("没有正在公示或已定稿的积分。")
            model_admin.message_user(request, words, messages.ERROR)
            return redirect(model_admin._page_of(row))
        record_view(kind=ViewKind.PRINTED, model=PointBalance, rows=number, purpose="members.notice")
        name = gettext("%(year)d年度党员积分公示.pdf") % {"year": scheme.year}
        return pdf.download(notice_pdf(scheme, branches, by=request.user), name)

    return view


def of_organisation(organisation):
    """The last year hung out for an organisation and those below it."""
    return latest_published(organisation), organisation.path
