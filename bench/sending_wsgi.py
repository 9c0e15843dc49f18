"""The product under bench.sending_settings, as the environment names them."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
