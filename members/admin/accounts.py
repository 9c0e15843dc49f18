"""The buttons over the list of members that hand out accounts: what they will do is said first, then the slips come as a file."""

from dataclasses import dataclass

from django.contrib import admin, messages
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.passwords import MAX_SLIPS, slips_response
from gridparty.lib.access import Can, scope_of
from gridparty.lib.errors import Refused
from members import actions
from members.models import Member


@dataclass(frozen=True)
class Plan:
    """How many of the chosen get an account, a first password, or stay as they are."""

    chosen: int
    new: int
    waiting: int  # have an account and cannot log in yet
    able: int

    @classmethod
    def of(cls, members: list[Member]) -> "Plan":
        users = [member.person.user for member in members if member.person.user_id]
        able = sum(user.can_log_in for user in users)
        return cls(len(members), len(members) - len(users), len(users) - able, able)


class AccountButtons:
    """For the admin of members."""

    actions = ("give_accounts", "reissue_passwords")

    def has_invite_permission(self, request) -> bool:
        scope = scope_of(request.user)
        return scope.has(Can.INVITE_USERS) and scope.has(Can.EDIT_MEMBERS)

    @admin.action(description=_("发放党员账号"), permissions=["invite"])
    def give_accounts(self, request, members):
        return self._hand_out(request, members, actions.invite_members, "give_accounts")

    @admin.action(description=_("重新发放初始密码（原密码作废）"), permissions=["invite"])
    def reissue_passwords(self, request, members):
        return self._hand_out(request, members, actions.reissue_to_members, "reissue_passwords")

    def _hand_out(self, request, members, give, button: str):
        members = list(members.select_related("person__user")[: MAX_SLIPS + 1])
        if len(members) > MAX_SLIPS:
            self.message_user(request, gettext("一次最多发放 %(n)d 人，请分批办理。") % {"n": MAX_SLIPS}, messages.ERROR)
            return None
        if "sure" not in request.POST:
            return self._say_what(request, members, button)
        try:
            slips = give(members=members, by=request.user)
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        if not slips:
            self.message_user(
                request, gettext("所选党员都已有可用的账号，或账号由上级办理，没有需要打印的密码条。"), messages.INFO
            )
            return None
        words = {"n": len(slips), "left": len(members) - len(slips)}
        self.message_user(request, gettext("已发放 %(n)d 张密码条，其余 %(left)d 人的账号未变。") % words, messages.SUCCESS)
        return slips_response(slips, by=request.user)

    def _say_what(self, request, members: list[Member], button: str):
        context = {
            **self.admin_site.each_context(request),
            "title": self.get_actions(request)[button][2],
            "members": members,
            "plan": Plan.of(members),
            "button": button,
            "opts": self.opts,
        }
        return render(request, "admin/members/member/accounts.html", context)
