"""What every request must keep to before anything reads it."""

from django.core.exceptions import BadRequest


class NoNulMiddleware:
    """An address with a NUL is nobody's typing, and PostgreSQL fails on it wherever it is used. Forms refuse it themselves."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
