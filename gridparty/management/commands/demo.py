"""The demo: a real district, made through the bulk actions, then the product running on it."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.demo import CAST_PASSWORD, cast
from accounts.models import User
from gridparty.lib.registry import defaults, demos


class Command(BaseCommand):
    help = "建立示范区（真实区划、虚构人员）并启动；再次执行时只启动。"

    def add_arguments(self, parser):
        parser.add_argument("--no-serve", action="store_true", help="只建立示范区")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", default=8000, type=int)

    def handle(self, *args, no_serve, host, port, **options):
        Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", "django_cache", verbosity=0)
        for default in defaults:
            default()
        if not User.objects.exists():
            started = time.monotonic()
            for demo in demos:
                self.stdout.write(demo())
            self.stdout.write(f"示范区已建立，用时 {time.monotonic() - started:.0f} 秒。")
        self.stdout.write(f"\n登录名（密码均为 {CAST_PASSWORD}，仅供示范）：")
        for username, words in cast():
            self.stdout.write(f"  {username:<12}{words}")
        if no_serve:
            return
        self.stdout.write(f"\n请用浏览器打开 http://{host}:{port}/ （Ctrl+C 停止）\n")
        self.stdout.flush()
        call_command("serve", host=host, port=port)
