"""Prove the area tree, and repair it on demand."""

from django.core.management.base import BaseCommand, CommandError

from grids import tree
from grids.actions import repair_tree
from grids.locks import tree_lock
from grids.models import Area


class Command(BaseCommand):
    help = "核对区域树的编号和各处的所在区域；--repair 重新计算。"

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="重新计算有误的编号和所在区域")

    def handle(self, *args, repair, **options):
        try:
            if repair:
                for what, rows in repair_tree(by=None).items():
                    self.stdout.write(f"已修复 {what}：{rows} 条")
            with tree_lock():  # a tree that is being redrawn looks wrong
                wrong = [area.code for area in tree.wrong_areas()]
                strays = {model._meta.verbose_name: tree.misplaced(model).count() for model in tree.placed_models()}
        except ValueError as error:
            raise CommandError(f"区域树有误，无法自动修复：上级关系成了环（{error}）") from error
        if wrong or any(strays.values()):
            for code in wrong[:20]:
                self.stderr.write(f"区域 {code} 的编号有误")
            for name, rows in strays.items():
                if rows:
                    self.stderr.write(f"{name}：{rows} 条的所在区域有误")
            raise CommandError(f"区域树有误：{len(wrong)} 个区域。可用 check_tree --repair 修复。")
        self.stdout.write(f"区域树无误：{Area.objects.count()} 个区域。")
