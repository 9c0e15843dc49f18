# ruff: noqa: F811 - fixtures are imported by name
"""A signed link opens the one invitation it was made for, and what its member took on. All else opens nothing, the same way."""

import random
import uuid
from datetime import timedelta
from itertools import islice

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from gridparty.lib.dates import today
from gridparty.lib.links import SignedLink
from jobs.models import Notice
from liaison.agreements import AGREEMENT_LINK
from liaison.choices import MeetingState, Reply, ResolutionState
from liaison.convening import INVITATION_LINK, invitation_by_link
from liaison.models import Attendance
from liaison.tests.assembled import assembly, invited, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.meeting_rows import attendance_of, logged_in, meeting_of, resolution_of
from liaison.tests.test_mine_pages import queries, sent
from liaison.tests.test_resolutions import now

GONE = "链接已失效"
token_of = INVITATION_LINK.token


def page_of(token: str) -> str:
    return reverse("liaison:invitation_by_link", args=[token])


def resolution_by(token: str, row) -> str:
    return reverse("liaison:resolution_by_link", args=[token, row.pk])


def mutated(chance: random.Random, row: Attendance, other: Attendance):
    """Tokens that are nearly right, without end."""
    good, theirs = token_of(row), token_of(other)
    signs = "abcdefXYZ0123456789-_:"
    while True:
        at, sign = chance.randrange(len(good)), chance.choice(signs)
        yield chance.choice(
            [
                good[:at] + sign + good[at + 1 :],
                good[:at] + sign + good[at:],
                good[:at] + good[at + 1 :],
                good[:at],
                ":".join([good.split(":")[0], *theirs.split(":")[1:]]),
                SignedLink(chance.choice(["liaison.agreement", "services.card", ""]), 60, "link_key").token(row),
                INVITATION_LINK._signer.sign(f"{row.pk}-{uuid.UUID(int=chance.getrandbits(128)).hex}"),
                INVITATION_LINK._signer.sign(f"{row.pk + chance.randrange(1, 9)}-{row.link_key.hex}"),
                AGREEMENT_LINK.token(row),
            ]
        )


class TestTokens:
    @pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.proof)])
    def test_mutated_ones_open_nothing(self, assembly, number):
        row, other = assembly.invitation, attendance_of(assembly.closed, assembly.chair)
        good, accepted = {token_of(row), token_of(other)}, 0
        for token in islice((one for one in mutated(random.Random(35), row, other) if one not in good), number):
            accepted += invitation_by_link(token) is not None
        assert accepted == 0
        assert {invitation_by_link(token) for token in good} == {row, other}
        print(f"\nT35: {number} mutated tokens of invitations, {accepted} accepted")

    def test_the_page_is_one_and_the_same(self, assembly, client):
        row = assembly.invitation
        tokens = [token for token in islice(mutated(random.Random(1), row, row), 30) if token != token_of(row)]
        planned = Attendance.objects.create(meeting=meeting_of(assembly.body), body_member=assembly.guest)
        revoked = token_of(row)
        Attendance.objects.filter(pk=row.pk).update(link_key=uuid.uuid4())
        with time_machine.travel(timezone.now() - timedelta(days=61), tick=False):
            expired = token_of(Attendance.objects.get(pk=row.pk))
        addresses = [page_of(token) for token in [*tokens, token_of(planned), revoked, expired] if token and "/" not in token]
        addresses += [resolution_by(revoked, assembly.theirs), resolution_by(expired, assembly.theirs)]
        answers = [client.get(address) for address in addresses]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert GONE in answers[0].content.decode()

    def test_after_60_days_it_is_over(self, assembly):
        token = token_of(assembly.invitation)
        with time_machine.travel(timezone.now() + timedelta(days=59), tick=False):
            assert invitation_by_link(token) == assembly.invitation
        with time_machine.travel(timezone.now() + timedelta(days=61), tick=False):
            assert invitation_by_link(token) is None


class TestInvitation:
    def test_it_is_answered(self, assembly, client):
        row, invitation = invited(assembly, items=["消防通道"])
        page = client.get(page_of(token_of(invitation)))
        assert (page.context["meeting"], [item.title for item in page.context["agenda"]]) == (row, ["消防通道"])
        assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        form_id = uuid.uuid4()
        for _twice in range(2):
            sent(client, page_of(token_of(invitation)), form_id, reply="proxy", proxy="吴主任")
        invitation.refresh_from_db()
        assert (invitation.reply, invitation.proxy) == (Reply.PROXY, "吴主任")
        assert Attendance.objects.exclude(reply="").count() == 1

    def test_called_off(self, assembly, client):
        row, invitation = invited(assembly)
        row.state, row.reason = MeetingState.CANCELLED, "另行通知"
        row.save()
        page = client.get(page_of(token_of(invitation)))
        assert "会议已取消" in page.content.decode()
        assert not page.context["answers"]
        sent(client, page_of(token_of(invitation)), reply="coming")
        invitation.refresh_from_db()
        assert invitation.reply == ""

    def test_it_tells_no_more_than_it_needs(self, assembly, client):
        """No number, no phone, and of the others only what stands in the minutes."""
        _row, invitation = invited(assembly)
        text = client.get(page_of(token_of(invitation))).content.decode()
        assert not [name for name in ("赵一", "李四", "370199", "0531") if name in text]

    def test_minutes_and_what_was_taken_on(self, assembly, client):
        token = token_of(assembly.invitation)
        page = client.get(page_of(token))
        assert [one.row for one in page.context["resolutions"]] == [assembly.mine, assembly.theirs]
        text = page.content.decode()
        assert resolution_by(token, assembly.theirs) in text
        assert resolution_by(token, assembly.mine) not in text

    def test_what_was_taken_on_earlier(self, assembly, client):
        _row, invitation = invited(assembly)
        assert [one.row for one in client.get(page_of(token_of(invitation))).context["earlier"]] == [assembly.theirs]

    def test_queries_do_not_grow(self, assembly, client):
        address = page_of(token_of(assembly.invitation))
        one = queries(client, address)
        for _n in range(2):
            resolution_of(assembly.closed, assembly.guest)
        assert queries(client, address) == one == 4


class TestResolution:
    def test_reported_once(self, assembly, client):
        token, form_id = token_of(assembly.invitation), uuid.uuid4()
        for _twice in range(2):
            page = sent(client, resolution_by(token, assembly.theirs), form_id, text="操场周末开放")
            assert "等待社区核实" in page.content.decode()
        assert now(assembly.theirs).state == ResolutionState.REPORTED
        assert Notice.objects.filter(recipient=assembly.clerk, subject="决议待核实").count() == 1

    def test_by_the_link_of_a_later_meeting(self, assembly, client):
        _row, invitation = invited(assembly)
        sent(client, resolution_by(token_of(invitation), assembly.theirs), text="操场周末开放")
        assert now(assembly.theirs).state == ResolutionState.REPORTED

    def test_only_of_who_took_it_on(self, assembly, client):
        unsent = resolution_of(assembly.held, assembly.guest)
        token = token_of(assembly.invitation)
        for row in (assembly.mine, assembly.neighbours, unsent):
            assert client.get(resolution_by(token, row)).status_code == 404
            assert sent(client, resolution_by(token, row), text="办好了").status_code == 404
        assert {now(row).state for row in (assembly.mine, assembly.neighbours, unsent)} == {ResolutionState.OPEN}

    def test_a_link_that_is_revoked_while_the_page_is_open(self, assembly, client):
        address = resolution_by(token_of(assembly.invitation), assembly.theirs)
        client.get(address)
        Attendance.objects.update(link_key=uuid.uuid4())
        assert sent(client, address, text="办好了").status_code == 404
        assert now(assembly.theirs).state == ResolutionState.OPEN

    def test_who_keeps_the_meetings_does_not_report(self, assembly):
        address = resolution_by(token_of(assembly.invitation), assembly.theirs)
        page = sent(logged_in(assembly.clerk), address, text="办好了").content.decode()
        assert "不能代责任人报告" in page
        assert now(assembly.theirs).state == ResolutionState.OPEN


class TestDesk:
    def links(self, row) -> str:
        return reverse("liaison:meeting_links", args=[row.pk])

    def test_a_link_for_each_who_cannot_log_in(self, assembly):
        assembly.li_user.set_password("a long password")
        assembly.li_user.save()
        page = logged_in(assembly.clerk).get(self.links(assembly.closed))
        found = {line["name"]: bool(line["link"]) for line in page.context["lines"]}
        assert found == {"李四": False, "赵一": False, "周老师": True}
        assert token_of(assembly.invitation).rpartition(":")[0].split(":")[0] in page.content.decode()

    def test_who_was_never_given_a_password_needs_one(self, assembly):
        """李四 is a user by the seat, and was not invited to log in yet."""
        lines = logged_in(assembly.clerk).get(self.links(assembly.closed)).context["lines"]
        assert {line["name"] for line in lines if line["link"]} == {"李四", "周老师"}

    def test_one_button_revokes(self, assembly, client):
        token = token_of(assembly.invitation)
        address = self.links(assembly.closed)
        logged_in(assembly.clerk).post(address, {"attendance": assembly.invitation.pk})
        assert client.get(page_of(token)).status_code == 404
        assert client.get(page_of(token_of(Attendance.objects.get(pk=assembly.invitation.pk)))).status_code == 200

    def test_only_of_that_meeting(self, assembly):
        client, address = logged_in(assembly.clerk), self.links(assembly.closed)
        others = [attendance_of(assembly.held, assembly.guest), assembly.neighbours.meeting.attendances.get()]
        for typed in ("", "x", "1" * 30, *[row.pk for row in others]):
            assert client.post(address, {"attendance": typed}).status_code == 404
        assert [Attendance.objects.get(pk=row.pk).link_key for row in others] == [row.link_key for row in others]

    def test_for_who_keeps_the_meetings_there(self, assembly, client):
        address = self.links(assembly.closed)
        found = {
            who: logged_in(getattr(assembly, who)).get(address).status_code for who in ("secretary", "clerk", "street_officer")
        }
        assert set(found.values()) == {200}
        assert logged_in(assembly.liuyuan_secretary).get(address).status_code == 404
        for who in ("cadre", "zhao_user", "li_user", "grid_leader"):
            assert logged_in(getattr(assembly, who)).get(address).status_code == 403
        assert client.get(address).status_code == 302

    @pytest.mark.parametrize("state", MeetingState.values)
    def test_once_it_was_convened(self, assembly, state):
        assembly.held.state = state
        assembly.held.save()
        code = logged_in(assembly.clerk).get(self.links(assembly.held)).status_code
        assert code == (200 if state in ("convened", "held", "closed") else 404)

    def test_queries_do_not_grow(self, assembly):
        client, address = logged_in(assembly.clerk), self.links(assembly.closed)
        three = queries(client, address)
        for name in ("王主任", "郑主任"):
            assembly.closed.attendances.create(body_member=assembly.body.members.create(name=name, joined_on=today()))
        assert queries(client, address) == three == 7
