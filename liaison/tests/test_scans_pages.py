"""Scans of the signed paper, the unit's link, papers at the desk: for who may see the agreement, changed by who keeps it."""

import io
import uuid

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from audit.choices import ViewKind
from audit.models import ViewEntry
from gridparty.lib.photos import reencode
from gridparty.lib.scans import ScanRefused
from gridparty.lib.tests.test_photos import picture, upload
from gridparty.lib.tests.test_scans import PDF
from liaison.actions import revoke_link
from liaison.actions.scans import MOST_SCANS, add_scans, remove_scan
from liaison.agreements import link_of
from liaison.choices import AgreementState
from liaison.errors import AgreementRefused
from liaison.models import Agreement, AgreementScan, CommitmentPhoto
from liaison.tests.test_agreement_links import report_of

KEEP = ["clerk", "secretary", "street_officer", "district_official", "all_districts_official"]
READ = ["cadre"]
NEITHER = ["grid_leader", "building_leader", "member", "system_admin", "nobody"]
STRANGER = "liuyuan_secretary"


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, row) -> str:
    return reverse(f"liaison:{name}", args=[row.pk])


def pdf(name="协议.pdf"):
    return upload(PDF, name)


def sent(client, address: str, **typed):
    return client.post(address, {"form_id": str(uuid.uuid4())} | typed, follow=True)


def words(answer) -> str:
    return answer.content.decode()


def body(answer) -> bytes:
    try:
        return b"".join(answer.streaming_content)
    finally:
        answer.close()


@pytest.fixture
def scan(allied) -> AgreementScan:
    add_scans(agreement=allied.agreement, files=[pdf()], by=allied.clerk)
    return AgreementScan.objects.get()


@pytest.fixture
def photo(allied) -> CommitmentPhoto:
    return CommitmentPhoto.objects.create(commitment=allied.theirs, photo=reencode(upload(picture())))


@pytest.fixture
def pages(allied, scan, photo) -> dict[str, str]:
    """All that is only read, of 桃园."""
    names = {"agreement_print": allied.agreement, "agreement_scans": allied.agreement, "scan": scan, "commitment_photo": photo}
    names["report_print"] = report_of(allied.agreement)
    return {name: page(name, row) for name, row in names.items()}


def statuses(user, addresses) -> set[int]:
    client = as_(user)
    answers = [client.get(one) for one in addresses]
    for answer in answers:
        answer.close()
    return {answer.status_code for answer in answers}


# --- Who comes in


@pytest.mark.parametrize("who", [*KEEP, *READ])
def test_who_sees_the_agreement_reads_all_of_it(allied, pages, who):
    assert statuses(getattr(allied, who), pages.values()) == {200}


@pytest.mark.parametrize(("who", "status"), [(STRANGER, 404), *((who, 403) for who in NEITHER)])
def test_others_read_nothing(allied, pages, who, status):
    assert statuses(getattr(allied, who), [*pages.values(), page("agreement_link", allied.agreement)]) == {status}


def test_who_only_reads_has_no_link(allied):
    assert statuses(allied.cadre, [page("agreement_link", allied.agreement)]) == {403}


def test_without_log_in_there_is_the_log_in_page(client, allied, pages):
    answers = [client.get(one) for one in [*pages.values(), page("agreement_link", allied.agreement)]]
    assert {answer["Location"].split("?")[0] for answer in answers} == {reverse("account_login")}


def test_what_is_only_read_takes_no_post(allied, pages):
    client, only_read = as_(allied.clerk), [one for name, one in pages.items() if name != "agreement_scans"]
    assert {client.post(one).status_code for one in only_read} == {405}


# --- Scans


class TestScans:
    def test_pages_and_pdfs_are_added_at_once(self, allied):
        address = page("agreement_scans", allied.agreement)
        answer = sent(as_(allied.clerk), address, files=[pdf(), upload(picture(), "page.png")])
        assert "已上传，现有 2 个扫描件" in words(answer)
        names = [one.file.name for one in AgreementScan.objects.order_by("pk")]
        assert [name.rsplit(".", 1)[1] for name in names] == ["pdf", "jpg"]
        assert "协议" not in "".join(names)

    def test_a_pdf_is_saved_a_picture_shown(self, allied, scan):
        answer = as_(allied.cadre).get(page("scan", scan))
        assert (body(answer), answer["Content-Type"]) == (PDF, "application/pdf")
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"PK\x03\x04", b"", PDF[:-8]])
    def test_all_or_none(self, allied, content):
        files = [pdf(), upload(content, "scan.pdf")]
        answer = sent(as_(allied.clerk), page("agreement_scans", allied.agreement), files=files)
        assert answer.status_code == 200
        assert [sentence for sentence in ("PDF", "为空", "空") if sentence in words(answer)]
        assert not AgreementScan.objects.exists()

    def test_nothing_chosen_is_said(self, allied):
        assert "请选择要上传的扫描件" in words(sent(as_(allied.clerk), page("agreement_scans", allied.agreement)))

    def test_sent_twice_they_are_there_once(self, allied):
        form, client = str(uuid.uuid4()), as_(allied.clerk)
        for _n in range(2):
            sent(client, page("agreement_scans", allied.agreement), form_id=form, files=[pdf()])
        assert AgreementScan.objects.count() == 1

    def test_only_so_many(self, allied):
        add_scans(agreement=allied.agreement, files=[pdf() for _n in range(MOST_SCANS)], by=allied.clerk)
        with pytest.raises(AgreementRefused, match=f"最多 {MOST_SCANS} 个扫描件"):
            add_scans(agreement=allied.agreement, files=[pdf()], by=allied.clerk)
        assert AgreementScan.objects.count() == MOST_SCANS

    @pytest.mark.parametrize("state", [AgreementState.DRAFT, AgreementState.DISCARDED])
    def test_what_was_never_signed_has_none(self, allied, state):
        Agreement.objects.filter(pk=allied.agreement.pk).update(state=state)
        with pytest.raises(AgreementRefused, match="签订后再上传"):
            add_scans(agreement=allied.agreement, files=[pdf()], by=allied.clerk)

    @pytest.mark.parametrize("who", [STRANGER, "cadre", "grid_leader"])
    def test_only_who_keeps_it_adds_and_takes_away(self, allied, scan, who):
        by = getattr(allied, who)
        for act in (
            lambda: add_scans(agreement=allied.agreement, files=[pdf()], by=by),
            lambda: remove_scan(scan=scan, by=by),
        ):
            with pytest.raises(AgreementRefused, match="管理范围"):
                act()
        assert list(AgreementScan.objects.all()) == [scan]

    def test_who_only_reads_cannot_send(self, allied, scan):
        client, address = as_(allied.cadre), page("agreement_scans", allied.agreement)
        assert [sent(client, address, files=[pdf()]).status_code, sent(client, address, remove=scan.pk).status_code] == [403, 403]
        assert 'type="file"' not in words(client.get(address))
        assert list(AgreementScan.objects.all()) == [scan]

    def test_taken_away_its_file_goes_too(self, allied, scan, django_capture_on_commit_callbacks):
        storage, name = scan.file.storage, scan.file.name
        with django_capture_on_commit_callbacks(execute=True):
            answer = sent(as_(allied.clerk), page("agreement_scans", allied.agreement), remove=scan.pk)
        assert "已删除" in words(answer)
        assert (AgreementScan.objects.exists(), storage.exists(name)) == (False, False)

    @pytest.mark.parametrize("key", ["0", "x", "", "9" * 30])
    def test_what_is_no_scan_of_it_is_not_found(self, allied, scan, key):
        assert sent(as_(allied.clerk), page("agreement_scans", allied.agreement), remove=key).status_code == 404

    def test_nor_a_scan_of_another(self, allied):
        other = AgreementScan.objects.create(agreement=allied.neighbour, file=ContentFile(PDF, name="x.pdf"))
        client = as_(allied.clerk)
        assert sent(client, page("agreement_scans", allied.agreement), remove=other.pk).status_code == 404
        assert client.get(page("scan", other)).status_code == 404
        assert AgreementScan.objects.filter(pk=other.pk).exists()

    def test_a_broken_file_says_how_to_mend_it(self, allied):
        with pytest.raises(ScanRefused, match="不完整"):
            add_scans(agreement=allied.agreement, files=[upload(PDF[:-8], "a.pdf")], by=allied.clerk)

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_queries_do_not_grow(self, allied, number, django_assert_num_queries):
        add_scans(agreement=allied.agreement, files=[pdf() for _n in range(number)], by=allied.clerk)
        client, address = as_(allied.clerk), page("agreement_scans", allied.agreement)
        client.get(address)
        with django_assert_num_queries(QUERIES):
            client.get(address)


QUERIES = 6  # session, user, posts; agreement, whether it may be changed, scans


# --- The unit's link


class TestLink:
    def test_it_is_there_in_full_with_a_code_and_words(self, allied):
        answer = as_(allied.clerk).get(page("agreement_link", allied.agreement))
        address = answer.context["address"]
        assert address.split(":")[-3] == link_of(allied.agreement).split(":")[-3]
        assert answer.context["words"].startswith(
            f"市第一中学：这是贵单位与{allied.parties.taoyuan.full_name}的《结对共建协议书》。"
        )
        assert address in answer.context["words"]
        assert answer.context["qr"].startswith("data:image/svg+xml")
        assert Client().get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200
        assert "no-store" in answer["Cache-Control"]

    def test_the_words_say_what_is_asked(self, allied):
        Agreement.objects.filter(pk=allied.agreement.pk).update(state=AgreementState.OFFERED)
        told = as_(allied.clerk).get(page("agreement_link", allied.agreement)).context["words"]
        assert "选择同意或写明修改意见" in told

    @pytest.mark.parametrize("state", [AgreementState.DRAFT, AgreementState.DISCARDED, AgreementState.ENDED])
    def test_there_is_none_while_it_opens_nothing(self, allied, state):
        Agreement.objects.filter(pk=allied.agreement.pk).update(state=state)
        answer = as_(allied.clerk).get(page("agreement_link", allied.agreement))
        assert ("address" in answer.context, "单位没有可用的链接" in words(answer)) == (False, True)

    def test_a_button_makes_a_new_one(self, allied):
        client, address = as_(allied.clerk), page("agreement_link", allied.agreement)
        old = client.get(address).context["address"].removeprefix("http://127.0.0.1:8000")
        answer = client.post(address, follow=True)
        assert "旧链接已作废" in words(answer)
        assert Client().get(old).status_code == 404
        assert Client().get(answer.context["address"].removeprefix("http://127.0.0.1:8000")).status_code == 200

    def test_only_who_keeps_it_makes_a_new_one(self, allied):
        key = allied.agreement.link_key
        assert as_(allied.cadre).post(page("agreement_link", allied.agreement)).status_code == 403
        assert as_(allied.liuyuan_secretary).post(page("agreement_link", allied.agreement)).status_code == 404
        with pytest.raises(AgreementRefused, match="管理范围"):
            revoke_link(agreement=allied.agreement, by=allied.liuyuan_secretary)
        assert Agreement.objects.get(pk=allied.agreement.pk).link_key == key


# --- Papers and pictures


class TestPapers:
    @pytest.mark.parametrize(("name", "heading"), [("agreement_print", "结对共建协议书"), ("report_print", "共建工作季度汇报")])
    def test_it_is_a_pdf_and_printing_is_logged(self, allied, pages, name, heading):
        answer = as_(allied.clerk).get(pages[name])
        text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages)
        assert (answer["Content-Type"], heading in "".join(text.split())) == ("application/pdf", True)
        assert "no-store" in answer["Cache-Control"]
        assert ViewEntry.objects.filter(kind=ViewKind.PRINTED, actor=allied.clerk).count() == 1

    def test_a_picture_of_what_was_done_is_shown(self, allied, photo):
        answer = as_(allied.cadre).get(page("commitment_photo", photo))
        assert (answer["Content-Type"], body(answer)[:3]) == ("image/jpeg", b"\xff\xd8\xff")
