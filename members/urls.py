from django.urls import path

from members import views

app_name = "members"
urlpatterns = [
    path("<int:pk>/reveal/", views.reveal, name="reveal"),
    path("hidden/<int:pk>/not-a-member/", views.not_a_member, name="not_a_member"),
]
