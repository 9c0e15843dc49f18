"""Following a case by its code: steps, offices and answers; never persons, never what was said."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases import actions, mailbox
from cases.actions import Said, move_case, settle_on_spot
from cases.choices import MoveKind, Outcome, Step, Who
from cases.mailbox import RATE_LINK, REOPEN_LINK
from cases.models import Case, Rating
from cases.tests.conftest import open_at
from gridparty.lib.limits import Limit

SECRETS = {"text": "金丝雀在叫", "spot": "三单元门口", "teller": "王金丝雀", "teller_phone": "15400009876"}


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def case(voices) -> Case:
    return open_at(voices, voices.areas.building1, None, **SECRETS)


@pytest.fixture
def answered(voices, case) -> Case:
    return answer_it(voices, case)


def answer_it(voices, case: Case, answer: str = "灯已换好。") -> Case:
    return settle_on_spot(case=case, by=voices.grid_leader, said=Said(text="换了灯泡，内部备注", answer=answer))


def track(client, code: str):
    return client.get(reverse("cases:tracked", args=[code]))


def text_of(answer) -> str:
    return answer.content.decode()


def send(client, route: str, token: str, form_id=None, **typed):
    return client.post(reverse(f"cases:{route}", args=[token]), {"form_id": str(form_id or uuid.uuid4()), **typed})


class TestTracking:
    def test_it_shows_the_steps_and_the_level_that_has_it(self, client, voices, case):
        page = text_of(track(client, case.receipt))
        assert "网格办理中" in page
        assert "受理" in page
        move_case(case=case, kind=MoveKind.PASS_UP, by=voices.grid_leader, said=Said(text="需要社区协调"))
        page = text_of(track(client, case.receipt))
        assert "社区办理中" in page
        assert "需要社区协调" not in page

    def test_it_shows_the_answer_and_what_may_be_said_to_it(self, client, voices, answered):
        page = text_of(track(client, answered.receipt))
        assert "已答复" in page
        assert "灯已换好。" in page
        assert "/voices/rate/" in page
        assert "/voices/reopen/" in page

    @pytest.mark.parametrize("typed", ["{0}", "{1}", "{2}", " {1} "])
    def test_a_code_is_found_however_it_was_typed(self, client, case, typed):
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in case.receipt)
        code = typed.format(case.receipt.lower(), mailbox.spelt(case.receipt), wide)
        answer = client.get(reverse("cases:track"), {"code": code})
        assert answer["Location"] == reverse("cases:tracked", args=[case.receipt])
        assert client.get(answer["Location"]).status_code == 200

    @pytest.mark.parametrize("code", ["222222222222", "2", "x" * 60, "中文", "' OR 1=1 --", "%00", "<script>alert(1)</script>"])
    def test_a_wrong_code_is_one_sentence(self, client, case, code):
        answer = client.get(reverse("cases:track"), {"code": code}, follow=True)
        assert ("没有这个查询码" in text_of(answer)) != ("查询码由数字和字母组成" in text_of(answer))
        assert "<script>alert" not in text_of(answer)
        assert case.number not in text_of(answer)

    def test_wrong_codes_are_counted_and_then_no_code_is_answered(self, client, case, monkeypatch):
        monkeypatch.setattr(mailbox, "WRONG_CODES", Limit("test_codes", "3/h/ip"))
        assert [track(client, "222222222222").status_code for _n in range(3)] == [404] * 3
        assert track(client, case.receipt).status_code == 429
        assert "查询过于频繁" in text_of(track(client, case.receipt))
        assert track(Client(REMOTE_ADDR="10.0.0.9"), case.receipt).status_code == 200

    def test_right_codes_are_not_counted(self, client, case, monkeypatch):
        monkeypatch.setattr(mailbox, "WRONG_CODES", Limit("test_codes", "3/h/ip"))
        assert {track(client, case.receipt).status_code for _n in range(9)} == {200}

    def test_pages_are_kept_by_nobody(self, client, answered):
        for address in [
            reverse("cases:track"),
            reverse("cases:tracked", args=[answered.receipt]),
            reverse("cases:tracked", args=["222222222222"]),
            reverse("cases:received", args=[answered.receipt]),
            reverse("cases:rate", args=[RATE_LINK.token(answered)]),
            reverse("cases:reopen", args=[REOPEN_LINK.token(answered)]),
            reverse("cases:rate", args=["x"]),
        ]:
            answer = client.get(address)
            assert "noindex" in answer["X-Robots-Tag"], address
            assert "no-store" in answer["Cache-Control"], address

    def test_a_closed_case_says_how(self, client, voices, answered):
        move_case(case=answered, kind=MoveKind.CLOSE, by=voices.grid_leader, said=Said())
        assert "已办结" in text_of(track(client, answered.receipt))

    def test_out_of_remit_is_said_and_not_rated(self, client, voices, case):
        move_case(case=case, kind=MoveKind.ASK_REMIT, by=voices.grid_leader, said=Said(text="属物业"))
        page = text_of(track(client, case.receipt))
        assert "属物业" not in page
        move_case(case=case, kind=MoveKind.AGREE_REMIT, by=voices.secretary, said=Said())
        page = text_of(track(client, case.receipt))
        assert "不属于本辖区职责" in page
        assert "/voices/rate/" not in page
        assert Case.objects.get().outcome == Outcome.OUT_OF_REMIT

    @pytest.mark.parametrize("rounds", [1, 3])
    def test_it_asks_as_many_queries_however_long_the_history(self, client, voices, case, rounds):
        for n in range(rounds):
            case = answer_it(voices, case, f"第 {n} 次")
            if n < rounds - 1:
                case = move_case(case=case, kind=MoveKind.REOPEN, by=None, who=Who.RESIDENT, said=Said(text="还没有好"))
                move_case(case=case, kind=MoveKind.HANDLE, by=voices.grid_leader, said=Said(text="又修"))
                case = move_case(case=case, kind=MoveKind.ANSWER, by=voices.grid_leader, said=Said(answer="又修好"))
                case = move_case(case=case, kind=MoveKind.REOPEN, by=None, who=Who.RESIDENT, said=Said(text="没好"))
                move_case(case=case, kind=MoveKind.PASS_UP, by=voices.grid_leader, said=Said(text="请社区办"))
                case = move_case(case=case, kind=MoveKind.PASS_DOWN, by=voices.secretary, said=Said(text="请网格办"))
                Case.objects.filter(pk=case.pk).update(step=Step.COLLECTED, procedure="")
                case.refresh_from_db()
        track(client, case.receipt)
        with CaptureQueriesContext(connection) as asked:
            assert track(client, case.receipt).status_code == 200
        assert len(asked) == 3


class TestCanaries:
    """T31: no public page shows who told it, their phone, or what they said; nor who handled it."""

    def test_nobody_and_nothing_said_on_any_public_page(self, client, voices, case):
        names = {"grid_leader": "赵网格", "secretary": "钱书记"}
        for user, name in names.items():
            type(voices.grid_leader).objects.filter(pk=getattr(voices, user).pk).update(name=name)
        pages = []

        def look(*addresses):
            pages.extend(text_of(client.get(address)) for address in addresses)

        here = [reverse("cases:tracked", args=[case.receipt]), reverse("cases:received", args=[case.receipt])]
        look(reverse("cases:mailbox", args=[voices.areas.grid1.code]), reverse("cases:track"), *here)
        move_case(case=case, kind=MoveKind.NOTE, by=voices.grid_leader, said=Said(text="已约电工", is_public=True))
        move_case(case=case, kind=MoveKind.NOTE, by=voices.grid_leader, said=Said(text="秘密备注"))
        look(*here)
        assert "已约电工" in pages[-2]
        case = answer_it(voices, case)
        rate, reopen = RATE_LINK.token(case), REOPEN_LINK.token(case)
        look(*here, reverse("cases:rate", args=[rate]), reverse("cases:reopen", args=[reopen]))
        pages.append(text_of(send(client, "rate", rate)))
        send(client, "rate", rate, score=2, text="金丝雀不满意")
        look(*here, reverse("cases:rate", args=[rate]))
        send(client, "reopen", reopen, reason="金丝雀说没好")
        look(*here, reverse("cases:reopen", args=[reopen]))
        hidden = ["金丝雀", *SECRETS.values(), "9876", "秘密备注", "内部备注", *names.values(), case.number, "不满意金"]
        assert len(pages) == 17
        assert [(n, word) for n, page in enumerate(pages) for word in hidden if word in page] == []

    def test_canaries_of_twenty_five_cases(self, client, voices):
        """Sealed by number, so that whatever page shows one says which."""
        phones = [f"1540000{n:04d}" for n in range(25)]
        shown = ""
        for n, phone in enumerate(phones):
            case = open_at(
                voices, voices.areas.grid1, None, text=f"canary-{n}-text", teller=f"canary-{n}-name", teller_phone=phone
            )
            case = answer_it(voices, case)
            for address in [
                reverse("cases:tracked", args=[case.receipt]),
                reverse("cases:received", args=[case.receipt]),
                reverse("cases:rate", args=[RATE_LINK.token(case)]),
                reverse("cases:reopen", args=[REOPEN_LINK.token(case)]),
            ]:
                shown += text_of(client.get(address))
        assert "canary-" not in shown
        assert not any(phone in shown for phone in phones)


class TestReopening:
    def test_the_resident_has_it_taken_up_again(self, client, voices, answered):
        answer = send(client, "reopen", REOPEN_LINK.token(answered), reason="灯又坏了")
        assert answer["Location"] == reverse("cases:tracked", args=[answered.receipt])
        case = Case.objects.get()
        assert (case.step, case.round) == (Step.FILED, 2)
        page = text_of(client.get(answer["Location"]))
        assert "已重新办理" in page
        assert "网格办理中" in page
        assert "灯又坏了" not in page

    def test_the_old_links_are_dead_then(self, client, voices, answered):
        rate, reopen = RATE_LINK.token(answered), REOPEN_LINK.token(answered)
        send(client, "reopen", reopen, reason="灯又坏了")
        for route, token in (("rate", rate), ("reopen", reopen)):
            assert client.get(reverse(f"cases:{route}", args=[token])).status_code == 404
        assert send(client, "rate", rate, score=1).status_code == 404
        assert send(client, "reopen", reopen, reason="再来").status_code == 404
        assert not Rating.objects.exists()
        again = answer_it_again(voices)
        assert client.get(reverse("cases:rate", args=[rate])).status_code == 404
        assert client.get(reverse("cases:rate", args=[RATE_LINK.token(again)])).status_code == 200

    def test_the_same_form_again_gets_the_same_answer(self, client, answered):
        token, form_id = REOPEN_LINK.token(answered), uuid.uuid4()
        answers = {send(client, "reopen", token, form_id, reason="灯又坏了")["Location"] for _time in range(3)}
        assert len(answers) == 1
        assert Case.objects.get().round == 2

    def test_a_reason_is_asked_for(self, client, answered):
        page = text_of(send(client, "reopen", REOPEN_LINK.token(answered), reason=" "))
        assert "请写明哪里没有解决" in page
        assert Case.objects.get().round == 1

    @pytest.mark.parametrize(("days", "offered"), [(9, True), (11, False)])
    def test_within_ten_days_of_the_answer(self, client, answered, days, offered):
        Case.objects.update(answered_at=timezone.now() - timedelta(days=days))
        assert ("/voices/reopen/" in text_of(track(client, answered.receipt))) is offered
        answer = send(client, "reopen", REOPEN_LINK.token(answered), reason="灯又坏了")
        assert answer.status_code == (302 if offered else 200)
        assert offered or "答复已超过 10 天" in text_of(answer)

    def test_a_case_closed_meanwhile_can_be_reopened(self, client, voices, answered):
        move_case(case=answered, kind=MoveKind.CLOSE, by=voices.grid_leader, said=Said())
        assert send(client, "reopen", REOPEN_LINK.token(answered), reason="灯又坏了").status_code == 302
        assert Case.objects.get().step == Step.FILED

    def test_hostile_reasons_are_kept_as_they_are(self, client, voices, answered):
        words = "<script>alert(1)</script>{{ 7 }}"
        send(client, "reopen", REOPEN_LINK.token(answered), reason=words)
        assert Case.objects.get().events.order_by("-seq").first().text == words
        assert "<script>alert" not in text_of(track(client, answered.receipt))


def answer_it_again(voices) -> Case:
    case = Case.objects.get()
    move_case(case=case, kind=MoveKind.HANDLE, by=voices.grid_leader, said=Said(text="换线"))
    return move_case(case=case, kind=MoveKind.ANSWER, by=voices.grid_leader, said=Said(answer="线路已换。"))


class TestRatingByLink:
    def test_the_resident_rates_once(self, client, answered):
        token = RATE_LINK.token(answered)
        answer = send(client, "rate", token, score=4, text="很快")
        assert "感谢您的评价" in text_of(client.get(answer["Location"]))
        rating = Rating.objects.get()
        assert (rating.score, rating.text, rating.by, rating.round, rating.area) == (4, "很快", None, 1, answered.holder)
        again = send(client, "rate", token, score=1)
        assert "不能重复评价" in text_of(again)
        assert Rating.objects.get().score == 4
        page = text_of(client.get(reverse("cases:rate", args=[token])))
        assert "已评价" in page
        assert "<form" not in page
        assert "/voices/rate/" not in text_of(track(client, answered.receipt))

    def test_the_same_form_again_gets_the_same_answer(self, client, answered):
        token, form_id = RATE_LINK.token(answered), uuid.uuid4()
        answers = {send(client, "rate", token, form_id, score=4)["Location"] for _time in range(4)}
        assert len(answers) == Rating.objects.count() == 1

    @pytest.mark.parametrize("score", ["", "0", "6", "-1", "x", "4.5"])
    def test_only_scores_there_are(self, client, answered, score):
        assert "请选择满意程度" in text_of(send(client, "rate", RATE_LINK.token(answered), score=score)) or score
        assert not Rating.objects.exists()

    def test_links_for_other_things_do_not_rate(self, client, answered):
        for token in (REOPEN_LINK.token(answered), "x", "1-" + "0" * 32 + ":1:x", answered.receipt):
            assert client.get(reverse("cases:rate", args=[token])).status_code == 404
            assert send(client, "rate", token, score=1).status_code == 404
        assert send(client, "reopen", RATE_LINK.token(answered), reason="x").status_code == 404
        assert not Rating.objects.exists()

    def test_all_dead_links_look_the_same(self, client, voices, answered):
        old = RATE_LINK.token(answered)
        move_case(case=answered, kind=MoveKind.REOPEN, by=voices.grid_leader, said=Said(text="再办"))
        pages = {text_of(client.get(reverse("cases:rate", args=[token]))) for token in (old, "x", REOPEN_LINK.token(answered))}
        assert len(pages) == 1
        assert "链接有误、已过期或已使用" in pages.pop()

    def test_who_handles_it_does_not_rate_for_the_resident(self, client, voices, answered):
        client.force_login(voices.grid_leader)
        assert "居民的评价由居民本人填写" in text_of(send(client, "rate", RATE_LINK.token(answered), score=5))
        assert not Rating.objects.exists()

    def test_after_thirty_days_it_is_too_late(self, client, answered):
        Case.objects.update(answered_at=timezone.now() - timedelta(days=31))
        assert "/voices/rate/" not in text_of(track(client, answered.receipt))
        assert "不再接受评价" in text_of(send(client, "rate", RATE_LINK.token(answered), score=5))

    def test_a_case_on_its_way_again_is_not_rated(self, voices, answered):
        case = move_case(case=answered, kind=MoveKind.REOPEN, by=voices.grid_leader, said=Said(text="再办"))
        with pytest.raises(actions.ratings.RatingRefused, match="重新办理"):
            actions.rate(case=case, side="resident", score=5)
