"""Changes with consequences have a page of their own that says what it will do before it does it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext

from gridparty.lib.errors import Refused
from gridparty.lib.scoped_admin import ScopedAdmin
from people.forms import StepForm


@dataclass(frozen=True)
class Step:
    """One such change: its words, its form, and the action it leads to."""

    name: str
    label: str
    says: Callable[[Model, object], list[str]]  # what it will change, for the row and the user
    run: Callable[[Model, dict, object], Model]  # returns the row to show afterwards, `told` on it what to say
    form: type[StepForm] = StepForm
    unfit: Callable[[Model, object], str] = lambda row, user: ""  # why it cannot be done to the row now


class StepAdmin(ScopedAdmin):
    """Rows with steps; forms come back to the row's own page."""

    steps: tuple[Step, ...] = ()
    change_form_template = "admin/people/change_form.html"
    sortable_by = ()  # the indexes serve one order

    def heading(self, obj) -> str:
        """What the row is called on its own page."""
        return str(obj)

    def may_step(self, request, obj) -> bool:
        return self._may_edit(request, obj)

    def get_urls(self):
        stem = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            path(f"<int:pk>/{step.name}/", self.admin_site.admin_view(self._step_view(step)), name=f"{stem}_{step.name}")
            for step in self.steps
        ]
        return pages + super().get_urls()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"show_save_and_continue": False, "show_save_and_add_another": add, "subtitle": None}
        if obj is not None:
            may = bool(self.steps) and self.may_step(request, obj)
            context["steps"] = [step for step in self.steps if may and not step.unfit(obj, request.user)]
            context["heading"] = self.heading(obj)
            context |= self.beside(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def beside(self, request, obj) -> dict:
        """What else the row's page shows."""
        return {}

    def _page_of(self, obj) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def _list(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def response_add(self, request, obj, post_url_continue=None):
        self.message_user(request, gettext("已保存。"), messages.SUCCESS)
        return redirect(request.get_full_path() if "_addanother" in request.POST else self._page_of(obj))

    def response_change(self, request, obj):
        self.message_user(request, gettext("已保存。"), messages.SUCCESS)
        return redirect(self._page_of(obj))

    def _step_view(self, step: Step):
        def view(request, pk):
            obj = self.get_object(request, str(pk))
            if not self.may_step(request, obj):
                raise PermissionDenied
            if reason := step.unfit(obj, request.user):
                self.message_user(request, reason, messages.ERROR)
                return redirect(self._page_of(obj))
            form = step.form(request.POST if request.method == "POST" else None, row=obj, user=request.user)
            if request.method == "POST" and form.is_valid():
                try:
                    result = step.run(obj, form.cleaned_data, request.user)
                except Refused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    return self._done(request, step, result)
            return self._ask(request, step, obj, form)

        return view

    def _done(self, request, step: Step, result):
        told = getattr(result, "told", "") or gettext("已办理：%(what)s。") % {"what": step.label}
        self.message_user(request, told, messages.SUCCESS)
        seen = self.get_queryset(request).filter(pk=result.pk).exists()
        return redirect(self._page_of(result) if seen else self._list())

    def _ask(self, request, step: Step, obj, form):
        context = {
            **self.admin_site.each_context(request),
            "title": f"{step.label}：{self.heading(obj)}",
            "step": step,
            "says": step.says(obj, request.user),
            "object": obj,
            "heading": self.heading(obj),
            "form": form,
            "media": self.media + form.media,
            "opts": self.opts,
            "back": self._page_of(obj),
        }
        return render(request, "admin/people/step.html", context)
