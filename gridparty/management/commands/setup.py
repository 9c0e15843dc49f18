"""A real first start: tables, default data, the first administrator; then the district from a list."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.actions import NewUser, Post, appoint, create_users, invite
from accounts.choices import Role
from accounts.models import User
from accounts.passwords import printed
from gridparty.lib.dates import today
from gridparty.lib.errors import Refused
from gridparty.lib.registry import defaults
from grids.actions import create_area
from grids.choices import AreaKind
from grids.models import Area


class Command(BaseCommand):
    help = "首次启动：建表、写入默认数据、设立首位安全管理员并给出一次性初始密码。可重复执行。"

    def add_arguments(self, parser):
        parser.add_argument("--username", help="首位管理员的登录名（缺省时询问）")
        parser.add_argument("--name", help="首位管理员的姓名（缺省时询问）")
        parser.add_argument("--district", nargs=2, metavar=("编码", "名称"), help="设立区，如 --district 370112000000 历城区")
        parser.add_argument("--areas", metavar="文件", help="区划名单（csv、xlsx、xls 或 ods），一并导入")
        parser.add_argument("--no-input", action="store_true", help="不询问，缺少的选项即报错")

    def handle(self, *args, username, name, district, areas, no_input, **options):
        call_command("migrate", verbosity=0)
        call_command("createcachetable", "django_cache", verbosity=0)
        for default in defaults:
            default()
        self.stdout.write("数据表和默认数据已就绪。")
        if not User.objects.filter(posts__role=Role.SECURITY_ADMIN).exists():
            username = username or self._ask("登录名", no_input, "--username")
            name = name or self._ask("姓名", no_input, "--name")
            self._first_administrator(username, name)
        if district:
            self._district(*district)
        if areas:
            call_command("import_roster", "areas", areas, commit=True, stdout=self.stdout)

    def _ask(self, what: str, no_input: bool, option: str) -> str:
        if no_input:
            raise CommandError(f"缺少首位管理员的{what}，请用 {option} 给出。")
        while not (answer := input(f"首位管理员的{what}：").strip()):
            pass
        return answer

    def _district(self, code: str, name: str) -> None:
        if Area.objects.filter(code=code).exists():
            return
        try:
            create_area(kind=AreaKind.DISTRICT, name="", full_name=name, code=code, parent=None, by=None)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"已设立{name}。街道、社区、网格和楼栋可用 import_roster areas 导入，或在工作台逐个新增。")

    def _first_administrator(self, username: str, name: str) -> None:
        """A security administrator: appoints everybody else and sees no residents (三员分立)."""
        try:
            user = create_users(users=[NewUser(username, name)], by=None)[0]
            appoint(post=Post(user, Role.SECURITY_ADMIN, None, today()), by=None)
            slip = invite(users=[user], by=None)[0]
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"首位安全管理员：{name}　登录名 {username}　初始密码 {printed(slip.password)}（只能使用一次）")
        self.stdout.write("登录后请先任命系统管理员、审计管理员和区级管理员；名单可用 import_roster 导入。")
