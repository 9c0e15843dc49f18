"""Imports of synthetic residents, as many as wanted, for the proofs that repeat what the suite does a few times."""

from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from gridparty.lib.idnumbers import synthetic
from jobs.actions import run_job
from rosters import actions
from rosters.models import Import

HEADINGS = "姓名,身份证号码,与户主关系,家庭住址,联系电话"


def residents(round_number: int, many: int) -> list[str]:
    """The lines of a list of 3号楼; no two rounds have a person or a door in common."""
    lines = []
    for n in range(many):
        born_on = date(1950, 1, 1) + timedelta(days=round_number * 7 + n // 500)
        name = "赵钱孙李周"[n % 5] + "伟芳远明静"[n // 5 % 5] + "一二三四五六七八九十"[n // 25 % 10]
        home = f"3号楼{round_number % 9 + 1}单元{round_number}{n // 3:03}室"
        phone = f"154{round_number:04}{n:04}"
        lines.append(f"{name},{synthetic('370199', born_on, n % 500)},{('户主', '妻子', '儿子')[n % 3]},{home},{phone}")
    return lines


def a_file(lines: list[str], headings: str = HEADINGS) -> SimpleUploadedFile:
    return SimpleUploadedFile("居民.csv", "\n".join([headings, *lines]).encode())


def read(kind: str, file: SimpleUploadedFile, by, **options) -> Import:
    """An import whose file was read by its job."""
    return worked(actions.upload(kind=kind, file=file, by=by, **options))


def agreed(imported: Import, by) -> Import:
    """Confirmed, with what passed; its job waits."""
    return actions.confirm(imported=imported, shown=imported.checked, by=by, partial=True)


def worked(imported: Import) -> Import:
    """The import after its job was done."""
    imported.refresh_from_db()
    run_job(job_id=imported.job_id)
    return Import.objects.select_related("by", "area").get(pk=imported.pk)
