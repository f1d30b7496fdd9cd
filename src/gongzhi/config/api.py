"""The open API: every room's router under one roof, one answer for a refusal."""

from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from gongzhi.shared.refusals import Refused
from gongzhi.shared.rooms import rooms
from gongzhi.ui.doors import public

api = NinjaAPI(
    title="共治开放接口",
    version="1",
    description="公开的数和记录；每个数都带口径和截止时间。",
    urls_namespace="api",
    docs_url=None,  # the reader's own tools draw /api/openapi.json; ours would load scripts from elsewhere
)


@api.exception_handler(Refused)
def say_no(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer a refusal with its status, code and the same sentence that the page shows."""
    return api.create_response(
        request, {"code": refusal.code, "detail": str(refusal)}, status=refusal.status
    )


for name, room in rooms().items():
    if room.api:
        module, _, attribute = room.api.rpartition(".")
        api.add_router(f"/{name}", getattr(import_module(module), attribute), tags=[room.label])


def addresses() -> tuple[list[Any], str, str]:
    """Return the API's addresses, open to everybody: what is not public, its routers refuse themselves."""
    patterns, app, space = api.urls
    for pattern in patterns:
        view: Any = pattern.callback
        pattern.callback = public(view)
    return patterns, app, space
