"""The account pages of our own. allauth's three keep their names in gridparty.urls, which allauth looks up."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("me/", views.me, name="me"),
    path("me/elder/", views.elder, name="elder"),
    path("invite/", views.invite_users, name="invite_users"),
    path("reissue/", views.reissue_passwords, name="reissue_passwords"),
    path("<int:pk>/photo/", views.photo, name="photo"),
    path("<int:pk>/disable/", views.disable_user, name="disable_user"),
    path("<int:pk>/enable/", views.enable_user, name="enable_user"),
]
