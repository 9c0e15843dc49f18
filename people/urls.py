from django.urls import path

from people.views import files, numbers, rounds

app_name = "people"
urlpatterns = [
    path("<int:pk>/reveal/", numbers.reveal, name="reveal"),
    # Rounds on the phone
    path("rounds/", rounds.rounds, name="rounds"),
    path("places/", rounds.places, name="places"),
    path("places/<int:pk>/", rounds.place, name="place"),
    path("households/<int:pk>/tap/", rounds.note_door, name="note_door"),
    # Files on the phone
    path("search/", files.search, name="search"),
    path("households/<int:pk>/", files.household, name="household"),
    path("households/<int:pk>/visit/", files.visit_household, name="visit_household"),
    path("persons/<int:pk>/", files.person, name="person"),
    path("persons/<int:pk>/visit/", files.visit_person, name="visit_person"),
    path("care/<int:pk>/", files.change_care, name="change_care"),
]
