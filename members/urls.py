from django.urls import path

from members.views import branch, desk, mine, public, scoring

app_name = "members"
urlpatterns = [
    path("<int:pk>/reveal/", desk.reveal, name="reveal"),
    path("hidden/<int:pk>/not-a-member/", desk.not_a_member, name="not_a_member"),
    path("hidden/<int:pk>/settle/", desk.settle, name="settle"),
    # The notice of a year, for everybody
    path("notice/<uuid:key>/", public.points, name="public_points"),
    path("notice/<uuid:key>/<int:pk>/", public.branch, name="public_points_branch"),
    # The branch on the phone
    path("branch/", branch.branch, name="branch"),
    path("branch/<int:pk>/", branch.organisation, name="branch_organisation"),
    path("branch/<int:pk>/meeting/", scoring.meeting, name="branch_meeting"),
    path("branch/<int:pk>/contacts/", branch.contacts, name="branch_contacts"),
    path("branch/<int:pk>/board/", branch.board, name="branch_board"),
    path("branch/members/<int:pk>/", branch.member, name="branch_member"),
    path("branch/decide/", scoring.decide, name="branch_decide"),
    path("branch/appeals/<int:pk>/", scoring.appeal, name="branch_appeal"),
    path("branch/entries/<int:pk>/", scoring.entry, name="branch_entry"),
    # Members themselves on the phone
    path("mine/", mine.mine, name="mine"),
    path("mine/propose/", mine.propose, name="mine_propose"),
    path("mine/propose/worth/", mine.what_it_is_worth, name="mine_worth"),
    path("mine/entries/<int:pk>/", mine.entry, name="mine_entry"),
    path("mine/entries/<int:pk>/withdraw/", mine.withdraw, name="mine_withdraw"),
    path("mine/entries/<int:pk>/appeal/", mine.appeal, name="mine_appeal"),
    path("mine/data/", mine.data, name="mine_data"),
    path("mine/data/reveal/", mine.reveal_mine, name="mine_reveal"),
    path("entries/<int:pk>/photo/", mine.entry_photo, name="entry_photo"),
]
