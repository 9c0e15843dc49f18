from django.urls import path

from liaison.views import agreements, desk, invitations, links, meetings, mine

app_name = "liaison"
urlpatterns = [
    # Who takes part in meetings, on the phone
    path("", mine.hub, name="hub"),
    path("meetings/<int:pk>/", mine.meeting, name="meeting"),
    path("resolutions/<int:pk>/", mine.resolution, name="resolution"),
    # The unit's contact, by a link
    path("agreement/<str:token>/", links.agreement, name="agreement_by_link"),
    path("agreement/<str:token>/commitments/<int:pk>/", links.commitment, name="commitment_by_link"),
    path("agreement/<str:token>/reports/<int:pk>/", links.report, name="report_by_link"),
    # Whoever is invited, by a link
    path("invitation/<str:token>/", invitations.invitation, name="invitation_by_link"),
    path("invitation/<str:token>/resolutions/<int:pk>/", invitations.resolution, name="resolution_by_link"),
    # The desk: agreements
    path("agreements/<int:pk>/print/", agreements.print_agreement, name="agreement_print"),
    path("agreements/<int:pk>/link/", agreements.link, name="agreement_link"),
    path("agreements/<int:pk>/scans/", agreements.scans, name="agreement_scans"),
    path("scans/<int:pk>/", agreements.scan, name="scan"),
    path("commitment-photos/<int:pk>/", agreements.photo, name="commitment_photo"),
    path("reports/<int:pk>/print/", agreements.print_report, name="report_print"),
    # The desk: meetings
    path("meetings/<int:pk>/run/", desk.run, name="run_meeting"),
    path("meetings/<int:pk>/links/", meetings.links, name="meeting_links"),
    path("meetings/<int:pk>/minutes/", meetings.minutes, name="minutes_print"),
    path("meetings/<int:pk>/sheet/", meetings.sheet, name="sheet_print"),
]
