from django.urls import path

from services.views import activities, cards, hours, mine, running, teams

app_name = "services"
urlpatterns = [
    # Posts, for who claims them
    path("", mine.hub, name="hub"),
    path("posts/<int:pk>/", mine.post, name="post"),
    path("posts/<int:pk>/claim/", mine.claim, name="claim"),
    path("claims/<int:pk>/", mine.my_claim, name="my_claim"),
    path("claims/<int:pk>/withdraw/", mine.withdraw, name="withdraw"),
    path("absences/<int:pk>/explain/", mine.explain, name="explain"),
    path("propose/", mine.propose, name="propose"),
    # Posts, for who runs them
    path("run/", running.posts, name="run"),
    path("run/posts/new/", running.new, name="run_new"),
    path("run/posts/<int:pk>/", running.post, name="run_post"),
    path("run/posts/<int:pk>/edit/", running.edit, name="run_edit"),
    path("run/posts/<int:pk>/<slug:move>/", running.move_post, name="run_move"),
    path("run/claims/<int:pk>/<slug:move>/", running.move_claim, name="run_claim"),
    path("run/claims/<int:pk>/absent/on/", running.absent, name="run_absent"),
    path("run/absences/<int:pk>/answer/", running.answer_absence, name="run_absence"),
    # Activities
    path("activities/<int:pk>/", activities.activity, name="activity"),
    path("activities/<int:pk>/sign-up/", activities.sign_up, name="sign_up"),
    path("activities/<int:pk>/withdraw/", activities.withdraw, name="sign_up_withdraw"),
    path("activity-photos/<int:pk>/", activities.photo, name="activity_photo"),
    path("attend/<str:token>/", activities.attend, name="attend"),
    path("run/activities/", activities.run, name="run_activities"),
    path("run/activities/new/", activities.new, name="run_activity_new"),
    path("run/activities/<int:pk>/", activities.manage, name="run_activity"),
    path("run/activities/<int:pk>/edit/", activities.edit, name="run_activity_edit"),
    path("run/activities/<int:pk>/code/", activities.code, name="run_activity_code"),
    path("run/activities/<int:pk>/tick/", activities.tick, name="run_activity_tick"),
    path("run/activities/<int:pk>/hold/", activities.hold, name="run_activity_hold"),
    path("run/activities/<int:pk>/cancel/", activities.cancel, name="run_activity_cancel"),
    path("run/activities/<int:pk>/photos/", activities.add_photos, name="run_activity_photos"),
    # Teams
    path("teams/<int:pk>/", teams.team, name="team"),
    # Hours
    path("hours/", hours.mine, name="hours"),
    path("hours/new/", hours.new, name="hours_new"),
    path("hours/<int:pk>/withdraw/", hours.withdraw, name="hours_withdraw"),
    path("hours/certificate/", hours.certificate, name="certificate"),
    path("run/hours/", hours.confirm, name="run_hours"),
    # Feedback cards
    path("card/", cards.by_code, name="card_by_code"),
    path("card/<str:code>/", cards.of_code, name="card_of_code"),
    path("card/link/<str:token>/", cards.by_link, name="card_by_link"),
    path("cards/<int:pk>/mine/", cards.mine, name="my_card"),
    path("cards/<int:pk>/print/", cards.print_one, name="card_print"),
    path("cards/units/<int:pk>/<slug:period>/", cards.of_unit, name="cards_of_unit"),
    path("cards/units/<int:pk>/<slug:period>/print/", cards.print_unit, name="cards_of_unit_print"),
]
