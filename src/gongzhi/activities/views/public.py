"""What everybody sees: the brands, and how things were."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from gongzhi.activities import pictures, queries
from gongzhi.activities.models import Brand
from gongzhi.ui.doors import Request, public


@public
@require_GET
def brands(request: Request) -> HttpResponse:
    """Show the brands, each with its next event (品牌活动)."""
    now = timezone.now()
    return render(
        request,
        "activities/brands.html",
        {"shown": queries.shown_brands(now), "recaps": queries.recaps_of()},
    )


@public
@require_GET
def brand(request: Request, key: str) -> HttpResponse:
    """Show one brand: what it is, what comes, how it was (一个品牌)."""
    found = get_object_or_404(Brand, key=key)
    now = timezone.now()
    return render(
        request,
        "activities/brand.html",
        {
            "brand": found,
            "coming": queries.coming_of(found, now),
            "recaps": queries.recaps_of(found),
            "crumbs": [{"label": "品牌活动", "url": "/activities/"}, {"label": found.name}],
        },
    )


@public
@require_GET
def recap(request: Request, pk: int) -> HttpResponse:
    """Show how an event was, with its pictures (活动回顾)."""
    event = queries.public_event(pk)
    if event is None:
        raise Http404
    told, photos = queries.recap_of(event), list(queries.photos_of(event))
    if told is None and not photos:
        raise Http404
    crumbs = [{"label": "品牌活动", "url": "/activities/"}, {"label": event.title}]
    return render(
        request,
        "activities/recap.html",
        {"event": event, "recap": told, "photos": photos, "crumbs": crumbs},
    )


@public
@require_GET
def photo(request: Request, pk: int, size: str) -> FileResponse:
    """Send a picture to whoever may see it (一张照片)."""
    found = queries.photo_seen_by(request.user, pk)
    name = pictures.name_of(found.digest, size) if found and size in pictures.SIZES else ""
    if not name or not default_storage.exists(name):
        raise Http404
    response = FileResponse(default_storage.open(name), content_type="image/webp")
    # A picture may be taken down any day: it is kept by the browser for an hour, by nobody in between.
    response["Cache-Control"] = "private, max-age=3600"
    return response
