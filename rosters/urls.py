from django.urls import path

from rosters import views

app_name = "rosters"
urlpatterns = [
    path("", views.imports, name="imports"),
    path("template/<str:kind>/", views.template, name="template"),
    path("exports/<int:pk>/", views.export, name="export"),
    path("<int:pk>/", views.page, name="page"),
    path("<int:pk>/match/", views.match, name="match"),
    path("<int:pk>/mend/", views.mend, name="mend"),
    path("<int:pk>/answer/", views.answer, name="answer"),
    path("<int:pk>/confirm/", views.confirm, name="confirm"),
    path("<int:pk>/rest/", views.rest, name="rest"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("<int:pk>/errors/", views.errors, name="errors"),
]
