"""The proof of the ledger: every balance is counted anew, and nothing may differ."""

from django.core.management.base import BaseCommand, CommandError

from members.actions import rebuild_points
from members.models import PointBalance


class Command(BaseCommand):
    help = "按积分记录重新计算全部余额并与现存的比较；有差异时退出码为 1。"

    def add_arguments(self, parser):
        parser.add_argument("--year", type=int, help="只计算这一年度")
        parser.add_argument("--write", action="store_true", help="按记录改正差异")

    def handle(self, *args, year, write, **options):
        found = rebuild_points(by=None, year=year, write=write)
        rows = PointBalance.objects.all() if year is None else PointBalance.objects.filter(year=year)
        for one in found[:50]:
            self.stderr.write(f"积分 {one.balance} {one.column}：现存 {one.kept}，应为 {one.reckoned}")
        told = f"{rows.count()} 个余额，差异 {len(found)}"
        if found:
            raise CommandError(f"{told}，已改正。" if write else f"{told}。可用 --write 按记录改正。")
        self.stdout.write(told)
