"""The product's routes, and the two ways it is compared with: one INSERT, and a stock ModelForm with a choice of all grids."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from cases.models import WeeklyReport
from gridparty.lib.dates import Week, today
from gridparty.lib.workdays import closing_of
from grids.models import Area


@csrf_exempt
def bare(request):
    """The limit: one row, nothing looked up."""
    if request.method == "POST":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_sent (area, done) VALUES (%s, %s)", [request.POST["area"], request.POST["done"]])
    return HttpResponse("ok")


class StockForm(forms.ModelForm):
    """What one would write first."""

    class Meta:
        model = WeeklyReport
        fields = ("area", "done", "trouble", "plan")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.filter(kind="grid")


@login_required
def stock(request):
    form = StockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        week = Week.of(today())
        form.instance.week_on, form.instance.lock_on = week.next.first_day, week.next.last_day
        form.instance.due_at = closing_of(week.next.last_day)
        form.save()
        return redirect("/healthz")
    return HttpResponse(form.as_p(), status=400 if form.errors else 200)


urlpatterns = [
    path("bench/bare/", bare),
    path("bench/stock/", stock),
    path("", include("gridparty.urls")),
]
