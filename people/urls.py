from django.urls import path

from people import views

app_name = "people"
urlpatterns = [
    path("<int:pk>/reveal/", views.reveal, name="reveal"),
]
