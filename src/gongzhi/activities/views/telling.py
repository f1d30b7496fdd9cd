"""The desk of those who tell how it was: words and pictures of one event."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gongzhi.activities import forms, queries, rules, services
from gongzhi.activities.models import Photo
from gongzhi.events.models import Event
from gongzhi.ui.desk import form_page, sent
from gongzhi.ui.doors import Request, needs


def _event(request: Request, pk: int) -> Event:
    """:raises Http404: they do not tell of such an event."""
    found = queries.event_told_by(request.user, pk)
    if found is None:
        raise Http404
    return found


@needs(rules.TELL)
@require_http_methods(["GET", "POST"])
def tell(request: Request, pk: int) -> HttpResponse:
    """Write how an event was, and show its pictures (活动回顾)."""
    event = _event(request, pk)
    told = queries.recap_of(event)
    form = forms.RecapForm(sent(request), initial={"words": told.words if told else ""})
    if form.is_valid():
        services.write_recap(by=request.user, event=event, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "回顾存好了" + ("，街坊看得到" if event.is_public else ""))
        return redirect("activities:tell", pk=pk)
    return render(
        request,
        "activities/tell.html",
        {
            "event": event,
            "recap": told,
            "form": form,
            "photos": list(queries.photos_of(event)),
            "begun": event.starts_at <= timezone.now(),
        },
        status=422 if form.errors else 200,
    )


@needs(rules.TELL)
@require_http_methods(["GET", "POST"])
def add_photo(request: Request, pk: int) -> HttpResponse:
    """Show a picture of an event (传照片)."""
    event = _event(request, pk)
    form = forms.PhotoForm(sent(request), request.FILES or None)
    back = reverse("activities:tell", args=[pk])
    if form.is_valid():
        services.add_photo(by=request.user, event=event, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "照片传好了")
        return redirect(back)
    return form_page(
        request, form, title="传照片", button="传上去", back=back,
        path=[{"label": event.title, "url": back}, {"label": "传照片"}],
        note="照片可传可不传，没有照片一样算办完。认得出孩子的，要监护人同意；不愿意被拍的，请不要传。",
    )  # fmt: skip


@needs(rules.TELL)
@require_http_methods(["GET", "POST"])
def withdraw_photo(request: Request, pk: int) -> HttpResponse:
    """Take a picture down (撤照片)."""
    photo = Photo.objects.filter(pk=pk, withdrawn_at=None).first()
    event = _event(request, photo.event_id) if photo else None
    if photo is None or event is None:
        raise Http404
    form = forms.WithdrawForm(sent(request))
    back = reverse("activities:tell", args=[event.pk])
    if form.is_valid():
        services.withdraw_photo(
            by=request.user, photo=photo, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, "照片撤下了，文件也删了")
        return redirect(back)
    return form_page(
        request, form, title="撤下这张照片", button="撤下", danger=True, back=back,
        path=[{"label": event.title, "url": back}, {"label": "撤照片"}],
        note="撤下以后谁也看不到，文件马上删掉；什么时候传的、为什么撤的，留痕里还有。",
    )  # fmt: skip
