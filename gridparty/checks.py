"""`manage.py check --deploy`: what the embedded default may do and a deployment may not."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from gridparty.lib import crypto


def _deployment(check):
    """Register a check of `--deploy` that yields its errors."""

    def run(app_configs=None, **kwargs):
        return list(check())

    register(run, Tags.security, deploy=True)
    return run


@_deployment
def storage():
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield Error(
            _("数据库是 SQLite，只适合试用。"),
            hint=_("请设置 DATABASE_URL=postgres://用户:密码@主机:5432/库名，或把它写入文件并设置 DATABASE_URL_FILE。"),
            id="gridparty.E001",
        )
    if not settings.REDIS_URL:
        yield Error(
            _("任务队列放在本机文件夹里，只适合试用。"),
            hint=_("请设置 REDIS_URL=redis://主机:6379/0。"),
            id="gridparty.E002",
        )
    if settings.CACHES["default"]["BACKEND"].endswith(("DatabaseCache", "LocMemCache", "DummyCache")):
        yield Error(
            _("缓存不在 Redis 中，多台服务器之间不能共同限制登录次数。"),
            hint=_("请设置 REDIS_URL=redis://主机:6379/0。"),
            id="gridparty.E003",
        )


@_deployment
def secrets():
    if settings.SECRET_KEY.startswith(settings.INSECURE_PREFIX):
        yield Error(
            _("SECRET_KEY 是试用时自动生成的。"),
            hint=_("请生成至少 50 个字符的随机文字，写入只有服务用户能读的文件，并设置 SECRET_KEY_FILE。"),
            id="gridparty.E004",
        )
    if settings.EMBEDDED_FIELD_KEYS:
        yield Error(
            _("FIELD_KEYS（加密电话和身份证号的密钥）是试用时自动生成的。"),
            hint=_("请生成 64 位十六进制数，按“1:十六进制数”写入文件并设置 FIELD_KEYS_FILE；已有数据的，旧密钥以“0:…”写在最后。"),
            id="gridparty.E005",
        )
    try:
        crypto.seal("")
    except ImproperlyConfigured as error:
        yield Error(
            _("FIELD_KEYS 的格式不对：%(reason)s") % {"reason": error},
            hint=_("格式为“2:64 位十六进制数,1:64 位十六进制数”，新的在前。"),
            id="gridparty.E006",
        )


@_deployment
def doors():
    if settings.DEBUG:
        yield Error(_("DEBUG 是打开的，出错页面会泄露数据。"), hint=_("请去掉 DEBUG 或设置 DEBUG=False。"), id="gridparty.E007")
    if not settings.HTTPS:
        yield Error(
            _("没有要求 HTTPS，密码和个人信息会明文传输。"),
            hint=_("请在前面放好证书，设置 HTTPS=True 和 TRUSTED_PROXIES（前面有几层代理）。"),
            id="gridparty.E008",
        )
    if not settings.SITE_URL.startswith("https://"):
        yield Error(
            _("SITE_URL 不是 https:// 开头，邮件和二维码中的链接会打不开。"),
            hint=_("请设置 SITE_URL=https://您的域名。"),
            id="gridparty.E009",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            _("ALLOWED_HOSTS 没有写明本站的域名。"),
            hint=_("请设置 ALLOWED_HOSTS=您的域名，多个用逗号分开，不要用 *。"),
            id="gridparty.E010",
        )
    if settings.EMAIL_BACKEND in [f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "locmem")]:
        yield Error(
            _("邮件不会寄出。"),
            hint=_("请设置 EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend 和 EMAIL_HOST 等。"),
            id="gridparty.E011",
        )
