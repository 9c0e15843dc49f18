from django.urls import path

from cases.views import cases, journal, public, reports

app_name = "cases"
urlpatterns = [
    path("", journal.hub, name="hub"),
    # The journal
    path("journal/", journal.entries, name="journal"),
    path("journal/new/", journal.new, name="journal_new"),
    path("journal/subjects/", journal.subjects, name="journal_subjects"),
    path("journal/<int:pk>/", journal.entry, name="journal_entry"),
    path("journal/<int:pk>/case/", journal.make_case, name="journal_case"),
    path("journal/<int:pk>/photo/", journal.photo, name="journal_photo"),
    path("journal/<int:pk>/reveal/", journal.reveal, name="journal_reveal"),
    # Cases
    path("cases/", cases.cases, name="cases"),
    path("cases/new/", cases.new, name="case_new"),
    path("cases/urgent/", cases.urgent, name="case_urgent"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("cases/<int:pk>/move/<slug:kind>/", cases.move, name="case_move"),
    path("cases/<int:pk>/on-spot/", cases.on_spot, name="case_on_spot"),
    path("cases/<int:pk>/rate/", cases.rate, name="case_rate"),
    path("cases/<int:pk>/reveal/", cases.reveal, name="case_reveal"),
    path("cases/photos/<int:pk>/", cases.photo, name="case_photo"),
    # The mailbox and what residents see, for everybody
    path("mailbox/<slug:code>/", public.write, name="mailbox"),
    path("mailbox/received/<slug:receipt>/", public.received, name="received"),
    path("track/", public.track, name="track"),
    path("track/<slug:receipt>/", public.tracked, name="tracked"),
    path("rate/<str:token>/", public.rate, name="rate"),
    path("reopen/<str:token>/", public.reopen, name="reopen"),
    # The counter, and what is printed
    path("counter/", public.counter, name="counter"),
    path("cases/<int:pk>/slip/", public.slip, name="case_slip"),
    path("mailboxes/", public.mailboxes, name="mailboxes"),
    path("mailbox-poster/<int:pk>/", public.poster, name="mailbox_poster"),
    path("ratings/", public.gaps, name="ratings"),
    # Weekly reports
    path("reports/", reports.reports, name="reports"),
    path("reports/<int:pk>/", reports.report, name="report"),
    path("reports/<int:pk>/judge/", reports.judge, name="report_judge"),
    path("reports/<int:pk>/reopen/", reports.reopen, name="report_reopen"),
    path("reports/<int:pk>/pdf/", reports.pdf, name="report_pdf"),
    path("reports/area/<int:pk>/pdf/", reports.week_pdf, name="reports_pdf"),
    path("reports/excuse/", reports.excuse, name="report_excuse"),
]
