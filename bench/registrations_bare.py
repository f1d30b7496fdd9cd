"""The peer's server: the same tables and one view, with no middleware at all."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import path

from . import registrations

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.registrations_settings")
django.setup()
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__
urlpatterns = [
    path("healthz", lambda request: HttpResponse("ok")),
    path("seat/<int:event>/<int:person>/", registrations.minimal_view),
]
application = WSGIHandler()
