"""Log-in and log-out, the own password and page, photos, and the buttons that give and close accounts."""

from allauth.account import views as account
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.forms import ChangePasswordForm, LoginForm
from accounts.models import User
from accounts.passwords import MAX_SLIPS, slips_response
from gridparty.lib.access import Can
from gridparty.lib.doors import needs, public
from gridparty.lib.errors import Refused
from gridparty.lib.phone_forms import ELDER_COOKIE


class LoginView(account.LoginView):
    form_class = LoginForm


class PasswordChangeView(account.PasswordChangeView):
    form_class = ChangePasswordForm

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise PermissionDenied  # allauth would lead to a page we do not have
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)


login = public("the log-in page")(LoginView.as_view())
logout = public("asks whether to log out, and does")(account.LogoutView.as_view())
password_change = public("everybody logged in changes the own password, nobody else's")(PasswordChangeView.as_view())


@public("everybody logged in sees the own name and posts")
@login_required
@require_safe
@never_cache
def me(request):
    posts = request.user.posts.in_force().select_related("area", "street", "community", "grid").order_by("starts_on", "pk")
    return render(request, "accounts/me.html", {"posts": posts})


@public("everybody logged in chooses large type, for this device")
@login_required
@require_POST
def elder(request):
    """Large type and large buttons on, or off; kept in a cookie, so it needs no script and stays with the device."""
    response = redirect("accounts:me")
    if request.POST.get("elder") == "on":
        response.set_cookie(ELDER_COOKIE, "1", max_age=365 * 24 * 3600, secure=settings.HTTPS, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(ELDER_COOKIE)
    return response


@public("a photo is shown to its owner and to who may see the user; anybody else gets 404")
@login_required
@require_safe
def photo(request, pk: int):
    user = request.user if pk == request.user.pk else get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    if not user.photo:
        raise Http404
    try:
        file = user.photo.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    # Whatever the file is, it is only ever taken for a picture.
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(file, content_type="image/jpeg", filename="photo.jpg", headers=headers)


@needs(Can.INVITE_USERS)
@require_POST
def invite_users(request):
    """First passwords for the users ticked (`ids`), as slips to print."""
    return _slips(request, actions.invite)


@needs(Can.INVITE_USERS)
@require_POST
def reissue_passwords(request):
    return _slips(request, actions.reissue)


@needs(Can.DISABLE_USERS)
@require_POST
def disable_user(request, pk: int):
    user = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    return _tell(request, actions.disable, user, _("已停用%(name)s的账号，已登录的设备将立即退出。"))


@needs(Can.DISABLE_USERS)
@require_POST
def enable_user(request, pk: int):
    user = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    return _tell(request, actions.enable, user, _("已恢复%(name)s的账号，可用原密码登录。"))


def _slips(request, issue):
    ids = _picked_ids(request)
    if not 0 < len(ids) <= MAX_SLIPS:
        messages.error(request, _("请选择 1 至 %(most)d 人，人数较多时请分批办理。") % {"most": MAX_SLIPS})
        return _back(request)
    users = list(User.objects.visible_to(request.user).filter(pk__in=ids))
    if len(users) != len(ids):
        raise Http404  # one of them is unknown or out of sight
    try:
        slips = issue(users=users, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _back(request)
    return slips_response(slips, by=request.user)


def _picked_ids(request) -> set[int]:
    typed = request.POST.getlist("ids")
    if not all(text.isdecimal() and len(text) < 19 for text in typed):
        raise Http404
    return {int(text) for text in typed}


def _tell(request, switch, user: User, success: str):
    try:
        switch(users=[user], by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, success % {"name": user.name})
    return _back(request)


def _back(request):
    """To the page the button stood on."""
    page = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return redirect(page if safe else "accounts:me")
