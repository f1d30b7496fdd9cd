"""The door that granian opens."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.production")
application = get_wsgi_application()
# Every room's pages are read before the first request: it would wait seconds for them, or make others wait who want a
# row that it holds. What was read stays for good, so the collector need not look through it again and again.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
