"""The ways a notice reaches its recipient beside the page where all notices stand."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.models import Notice


class Channel:
    """One way. `reaches` decides without a query; `send` raises whatever keeps the message from getting out."""

    name: str
    label: str

    def reaches(self, user) -> bool:
        raise NotImplementedError

    def send(self, notice: Notice) -> None:
        raise NotImplementedError


class Email(Channel):
    name = "email"
    label = gettext_lazy("电子邮件")

    def reaches(self, user) -> bool:
        return bool(user.email) and user.is_active

    def send(self, notice):
        link = [urljoin(settings.SITE_URL, notice.link)] if notice.link else []
        # The same number on every try: a mail server that got the message twice may drop one.
        headers = {"Message-ID": f"<notice-{notice.pk}@{urlsplit(settings.SITE_URL).hostname}>"}
        if notice.urgent:
            headers["Importance"] = "high"
        EmailMessage(
            _("【紧急】%s") % notice.subject if notice.urgent else notice.subject,
            "\n\n".join([*filter(None, [notice.body]), *link]),
            to=[notice.recipient.email],
            headers=headers,
        ).send()


# In-app needs no channel: the notice itself is what the recipient reads. Others (SMS, WeCom, DingTalk) are one class each.
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in [Email()]}
