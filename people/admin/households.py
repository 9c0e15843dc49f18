"""Dwellings: the list by door, and a household's page with its people and visits."""

from django.contrib import admin
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.registry import Panel
from grids.filters import WithinFilter
from people import actions
from people.actions import NewHousehold
from people.admin.steps import Step, StepAdmin
from people.choices import Relation
from people.forms import HouseholdForm, MoveAllForm
from people.models import Household, Person, Visit
from people.queries import door, whole_place

LAST_VISITS = 10


def _says_move(household, user) -> list[str]:
    n = Person.objects.visible_to(user).filter(household=household).count()
    words = {"door": door(household), "n": n}
    return [gettext("将把 %(door)s 的 %(n)d 人整户迁往所选住户，与户主关系不变，原居住记录随之结束，原住户保留。") % words]


def _move(household, data, by):
    actions.move_household(household=household, to=data["to"], on=data["on"], by=by)
    return data["to"]


@admin.register(Household)
class HouseholdAdmin(StepAdmin):
    can_add = True
    steps = (Step("move", _("整户迁移"), _says_move, _move, MoveAllForm),)
    form = HouseholdForm
    list_display = ("door_shown", "kind", "tenure", "people_count", "head_shown")
    list_filter = (WithinFilter, "kind", "tenure")
    search_fields = ("room",)  # Household.objects.search
    search_help_text = _("单元-室号，楼号可写在前，如 1-101 或 3-1-101")
    ordering = ("id",)
    autocomplete_fields = ("area",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "community")

    def get_search_results(self, request, rows, term):
        if "autocomplete" not in request.path:
            living = Person.objects.visible_to(request.user).current().defer("phone", "id_number")
            rows = rows.prefetch_related(Prefetch("people", living.order_by("pk"), to_attr="current_people"))
        return (rows.search(term) if term else rows), False

    choice_label = staticmethod(whole_place)

    def heading(self, household) -> str:
        return door(household)

    def get_fields(self, request, obj=None):
        return ("door_shown" if obj else "area", "unit", "room", "kind", "tenure")

    def get_readonly_fields(self, request, obj=None):
        return ("door_shown",) if obj else ()

    @admin.display(description=_("住址"))
    def door_shown(self, household):
        return whole_place(household)

    @admin.display(description=_("人数"))
    def people_count(self, household):
        return len(household.current_people)

    @admin.display(description=_("户主"))
    def head_shown(self, household):
        return next((person.name for person in household.current_people if person.relation == Relation.HEAD), "—")

    def beside(self, request, household) -> dict:
        record_view(kind=ViewKind.OPENED, model=Household, object_id=household.pk, purpose="people.household")
        people = Person.objects.visible_to(request.user).current().filter(household=household).defer("phone", "id_number")
        visits = Visit.objects.visible_to(request.user).filter(household=household).select_related("by", "person").defer("note")
        visits = visits.defer("person__phone", "person__id_number").order_by("-on", "-pk")[:LAST_VISITS]
        lines = [(one.get_relation_display(), one.name, _page(one)) for one in people.order_by("pk")]
        seen = [(str(one.on), f"{one.get_outcome_display()} {one.by.name}", _page(one)) for one in visits]
        return {
            "panels": [
                Panel(_("登记人员"), lines, _("没有登记人员。")),
                Panel(_("走访"), seen, _("没有走访记录。")),
            ],
            "links": self._links(request, household),
        }

    def _links(self, request, household) -> list[tuple[str, str]]:
        found = []
        if self.may_step(request, household):
            found.append((gettext("登记人员"), f"{reverse('admin:people_person_add')}?household={household.pk}"))
        if request.user.scope.covers(Visit.edit, household.area):
            found.append((gettext("记走访"), f"{reverse('admin:people_visit_add')}?household={household.pk}"))
        return found

    def act(self, request, obj, form):
        data = {name: form.cleaned_data[name] for name in ("unit", "room", "kind", "tenure")}
        if obj.pk:
            return actions.change_household(household=obj, new=NewHousehold(obj.area, **data), by=request.user)
        new = NewHousehold(form.cleaned_data["area"], **data)
        return actions.open_households(households=[new], by=request.user)[0]


def _page(row) -> str:
    return reverse(f"admin:people_{row._meta.model_name}_change", args=[row.pk])
