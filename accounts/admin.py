"""Users and posts at the desk: who holds what, what stands empty, who may log in."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.choices import EndReason
from accounts.filters import AccessFilter, TermFilter
from accounts.forms import AppointmentForm, EndForm, UserForm
from accounts.models import Appointment, RoleScheme, SchemePost, SchemeUse, User
from accounts.passwords import MAX_SLIPS, slips_response
from accounts.queries import vacancies
from gridparty.lib.access import Can
from gridparty.lib.addresses import row_named
from gridparty.lib.dates import today
from gridparty.lib.errors import Refused
from gridparty.lib.masking import mask_phone
from gridparty.lib.scoped_admin import ScopedAdmin, SettingAdmin, badge
from grids.filters import WithinFilter
from grids.models import Area


@admin.register(User)
class UserAdmin(ScopedAdmin):
    can_add = True
    form = UserForm
    list_display = ("name", "username", "phone_shown", "posts_shown", "access")
    list_filter = (AccessFilter,)
    search_fields = ("name__startswith", "username__startswith", "=phone_tail")
    search_help_text = _("姓名或登录名开头，或电话后四位")
    ordering = ("username",)
    actions = ("invite", "reissue", "disable", "enable")

    def get_queryset(self, request):
        posts = Appointment.objects.visible_to(request.user).in_force().select_related("area", "community").order_by("pk")
        return super().get_queryset(request).prefetch_related(Prefetch("posts", posts, to_attr="current_posts"))

    def get_fields(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            # Who only looks is shown values, not fields: the phone masked, the photo through its guarded address.
            return ("username", "name", "phone_shown", "email", *(("photo_shown",) if obj.photo else ()))
        shown = ("photo_shown", "remove_photo") if obj and obj.photo else ()
        return ("username", "name", "phone", "email", *shown[:1], "photo", *shown[1:])

    def get_readonly_fields(self, request, obj=None):
        return ("username", "phone_shown", "photo_shown") if obj else ()

    @admin.display(description=_("现有照片"))
    def photo_shown(self, user):
        return format_html('<img class="portrait" src="{}" alt="">', reverse("accounts:photo", args=[user.pk]))

    @staticmethod
    def choice_label(user) -> str:
        return f"{user.name}（{user.username}）"

    @admin.display(description=_("值班电话"))
    def phone_shown(self, user):
        return mask_phone(user.phone) or "—"

    @admin.display(description=_("现任职务"))
    def posts_shown(self, user):
        return "、".join(f"{post.area.name if post.area else ''}{post.get_role_display()}" for post in user.current_posts) or "—"

    @admin.display(description=_("账号"))
    def access(self, user):
        if not user.is_active:
            return badge("late", _("已停用"))
        if not user.has_usable_password():
            return badge("quiet", _("未开通"))
        return badge("watch", _("待首次登录")) if user.must_change_password else badge("good", _("已开通"))

    def act(self, request, obj, form):
        data = form.cleaned_data
        if obj.pk is None:
            new = actions.NewUser(data["username"], data["name"], data["phone"], data["email"])
            obj = actions.create_users(users=[new], by=request.user)[0]
        return actions.change_user(
            user=obj,
            name=data["name"],
            phone=data["phone"],
            email=data["email"],
            photo=data["photo"] if "photo" in request.FILES else None,
            remove_photo=data.get("remove_photo", False),
            by=request.user,
        )

    def _guard(self, request, can: Can) -> None:
        if not request.user.scope.has(can):
            raise PermissionDenied

    @admin.action(description=_("发放初始密码（打印密码条）"))
    def invite(self, request, users):
        return self._slips(request, users, actions.invite)

    @admin.action(description=_("重新发放初始密码（原密码作废）"))
    def reissue(self, request, users):
        return self._slips(request, users, actions.reissue)

    def _slips(self, request, users, give):
        self._guard(request, Can.INVITE_USERS)
        if not users:
            self.message_user(request, gettext("没有选中可办理的人员。"), messages.ERROR)
            return None
        if len(users) > MAX_SLIPS:
            self.message_user(request, gettext("一次最多发放 %(n)d 人，请分批办理。") % {"n": MAX_SLIPS}, messages.ERROR)
            return None
        try:
            slips = give(users=users, by=request.user)
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        return slips_response(slips, by=request.user)

    @admin.action(description=_("停用账号"))
    def disable(self, request, users):
        self._guard(request, Can.DISABLE_USERS)
        self.run(
            request,
            lambda: actions.disable(users=users, by=request.user),
            lambda n: gettext("已停用 %(n)d 个账号，其登录随即失效。") % {"n": n},
        )

    @admin.action(description=_("恢复账号"))
    def enable(self, request, users):
        self._guard(request, Can.DISABLE_USERS)
        self.run(
            request,
            lambda: actions.enable(users=users, by=request.user),
            lambda n: gettext("已恢复 %(n)d 个账号。") % {"n": n},
        )


@admin.register(Appointment)
class AppointmentAdmin(ScopedAdmin):
    can_add = True
    form = AppointmentForm
    roster = "appointments"
    list_display = ("place_shown", "role", "user", "starts_on", "ends_on", "origin", "engagement", "state")
    list_display_links = ("role",)
    list_filter = (TermFilter, "role", WithinFilter)
    list_select_related = ("area", "community", "street", "user")
    search_fields = ("user__name__startswith", "user__username__startswith", "area__code__startswith")
    search_help_text = _("姓名、登录名或区域编码开头")
    ordering = ("-id",)
    autocomplete_fields = ("user", "area")
    actions = ("end",)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)

        class FormOf(form):
            def __init__(self, *args, **inner):
                super().__init__(*args, by=request.user, **inner)

        return FormOf

    def has_change_permission(self, request, obj=None) -> bool:
        # A post is ended and given anew, never rewritten; the list still offers its action.
        return obj is None and super().has_change_permission(request)

    @admin.display(description=_("区域"), ordering="area__code")
    def place_shown(self, post):
        if post.area is None:
            return _("全部区域")
        return " / ".join(dict.fromkeys(area.name for area in (post.street, post.community, post.area) if area))

    @admin.display(description=_("状态"))
    def state(self, post):
        if post.ended_at:
            return badge("quiet", post.get_end_reason_display())
        if post.ends_on and post.ends_on < today():
            return badge("quiet", _("任期届满"))
        return badge("watch", _("未开始")) if post.starts_on > today() else badge("good", _("在任"))

    def act(self, request, obj, form):
        fields = ("user", "role", "area", "starts_on", "ends_on", "origin", "engagement", "duties")
        return actions.appoint(post=actions.Post(**{name: form.cleaned_data[name] for name in fields}), by=request.user)

    @admin.action(description=_("结束任职"))
    def end(self, request, posts):
        if not request.user.scope.has(Can.EDIT_POSTS):
            raise PermissionDenied
        form = EndForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            reason = EndReason(form.cleaned_data["reason"])
            self.run(
                request,
                lambda: actions.end_appointments(appointments=posts, reason=reason, by=request.user),
                lambda n: gettext("已结束 %(n)d 个任职。") % {"n": n},
            )
            return None
        context = {"title": _("结束任职"), "posts": posts, "form": form, "opts": self.opts}
        return render(request, "admin/accounts/appointment/end.html", self.admin_site.each_context(request) | context)

    def get_urls(self):
        page = path("vacancies/", self.admin_site.admin_view(self.vacancies_view), name="accounts_appointment_vacancies")
        return [page, *super().get_urls()]

    def vacancies_view(self, request):
        """The posts the schemes ask for and nobody holds, to work down."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        area = row_named(Area.objects.visible_to(request.user), request.GET.get("within"))
        page = Paginator(vacancies(request.user, area), 50).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("空缺岗位"),
            "page": page,
            "within": area,
            "may_appoint": self.has_add_permission(request),
            "today": today(),
            "opts": self.opts,
        }
        return render(request, "admin/accounts/appointment/vacancies.html", context)


class SchemePostInline(admin.TabularInline):
    model = SchemePost
    extra = 1
    fields = ("kind", "role", "title", "needed", "origin", "duties")

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.scope.has(SchemePost.see)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(RoleScheme)
class RoleSchemeAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "is_example", "note")
    fields = ("name", "note")
    inlines = (SchemePostInline,)


@admin.register(SchemeUse)
class SchemeUseAdmin(ScopedAdmin):
    can_add = True
    list_display = ("area", "scheme")
    list_select_related = ("area", "scheme")
    fields = ("area", "scheme")
    autocomplete_fields = ("area",)

    def act(self, request, obj, form):
        return actions.use_scheme(area=form.cleaned_data["area"], scheme=form.cleaned_data["scheme"], by=request.user)
