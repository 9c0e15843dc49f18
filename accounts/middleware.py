"""Who came in with a first password sets a password of their own before anything else."""

from django.shortcuts import redirect

OPEN = frozenset({"account_change_password", "account_logout"})


class FirstPasswordMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.resolver_match.view_name in OPEN or not request.user.is_authenticated:
            return None
        return redirect("account_change_password") if request.user.must_change_password else None
