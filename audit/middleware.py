"""Gives every request a number and signs what it changes with its route and user."""

import uuid

from audit.operations import Operation, _current


class RequestContextMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.request_id = str(uuid.uuid4())
        token = _current.set(Operation(f"{request.method} request", request.request_id, lambda: request.user.pk))
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-ID"] = request.request_id
        return response

    def process_view(self, request, view, args, kwargs):
        # The route's name, never its path: paths may hold what a person typed.
        route = request.resolver_match.view_name or "unnamed"
        _current.set(Operation(f"{request.method} {route}"[:80], request.request_id, lambda: request.user.pk))
