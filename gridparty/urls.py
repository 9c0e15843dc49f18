"""All routes. Every view declares what it needs (gridparty.lib.doors); a test walks this list."""

from django.contrib import admin
from django.urls import include, path

from accounts import views as accounts
from gridparty import health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("phone/", views.phone, name="phone"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # allauth looks these three up by name.
    path("accounts/login/", accounts.login, name="account_login"),
    path("accounts/logout/", accounts.logout, name="account_logout"),
    path("accounts/password/", accounts.password_change, name="account_change_password"),
    path("accounts/", include("accounts.urls")),
    path("jobs/", include("jobs.urls")),
    path("rosters/", include("rosters.urls")),
    path("people/", include("people.urls")),
    path("members/", include("members.urls")),
    path("voices/", include("cases.urls")),
    path("services/", include("services.urls")),
    path("liaison/", include("liaison.urls")),
    path("admin/", admin.site.urls),
]
