"""Take back what an import wrote."""

from django.core.management.base import BaseCommand, CommandError

from rosters.actions import left_over, take_back
from rosters.actions.staging import move
from rosters.choices import ImportState
from rosters.models import Import

SHOWN = 50


class Command(BaseCommand):
    help = "撤销一次导入；导入之后又有改动或被引用的记录保留不动，逐条列出。"

    def add_arguments(self, parser):
        parser.add_argument("number", type=int, help="导入编号（写入时显示）")

    def handle(self, *args, number, **options):
        imported = Import.objects.filter(pk=number).first()
        if imported is None or not imported.journal.exists():
            raise CommandError(f"没有编号为 {number} 的可撤销的导入：已经撤销，或超过了可撤销的期限。")
        if not move(imported, ImportState.UNDOING):
            raise CommandError(f"这次导入目前是“{imported.get_state_display()}”，不能撤销。")
        left = take_back(of=number)
        for row in left_over(imported)[:SHOWN] if left else ():
            self.stderr.write(f"未撤销：{row.model._meta.verbose_name} {row.object_id} {row.why}".rstrip())
        self.stdout.write(f"已撤销，保留 {left} 条。")
