from django.urls import path

from members import views

app_name = "members"
urlpatterns = [
    path("<int:pk>/reveal/", views.reveal, name="reveal"),
]
