"""The signed paper of an agreement, scanned."""

from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import scans
from liaison.actions.agreements import check_keeps, locked
from liaison.choices import AgreementState
from liaison.errors import AgreementRefused
from liaison.models import Agreement, AgreementScan

MOST_SCANS = 20
_UNSIGNED = frozenset({AgreementState.DRAFT, AgreementState.DISCARDED})  # nobody signs what still changes


@action("liaison.add_scans")
def add_scans(*, agreement: Agreement, files: Sequence[UploadedFile], by) -> int:
    """Keep these pages or PDFs, all or none; how many there are now. Raises AgreementRefused, ScanRefused."""
    row = locked(agreement)
    check_keeps(row, by)
    if row.state in _UNSIGNED:
        raise AgreementRefused(_("协议目前为“%(state)s”，签订后再上传扫描件。") % {"state": row.get_state_display()})
    if not files:
        raise AgreementRefused(_("请选择要上传的扫描件。"))
    there = row.scans.count()
    if there + len(files) > MOST_SCANS:
        raise AgreementRefused(
            _("一份协议最多 %(most)d 个扫描件，已有 %(n)d 个，请减少后重新选择，或合并成一个 PDF 上传。")
            % {"most": MOST_SCANS, "n": there}
        )
    AgreementScan.objects.bulk_create([AgreementScan(agreement=row, file=scans.taken(file)) for file in files])
    return there + len(files)


@action("liaison.remove_scan")
def remove_scan(*, scan: AgreementScan, by) -> None:
    """Take a scan away for good, its file too. Raises AgreementRefused."""
    check_keeps(locked(scan.agreement), by)
    storage, name = scan.file.storage, scan.file.name
    scan.delete()
    transaction.on_commit(lambda: storage.delete(name))
