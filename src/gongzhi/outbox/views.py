"""One's own messages, what one wants to get, and what did not arrive."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.ui.doors import Request, needs, signed_in

from . import queries, rules, services
from .models import Delivery


@signed_in
@never_cache
@require_GET
def mine(request: Request) -> HttpResponse:
    """Show one's own messages; what the page shows counts as seen (我的消息)."""
    now = timezone.now()
    page = queries.page_of(request.user, now, after=request.GET.get("after", ""))
    response = render(
        request,
        "outbox/mine.html",
        {"rows": page.rows, "next": f"?{urlencode({'after': page.next})}" if page.next else ""},
    )
    services.see(by=request.user, messages=[row.message for row in page.rows], now=now)
    return response


@signed_in
@require_http_methods(["GET", "POST"])
def choices(request: Request) -> HttpResponse:
    """Choose which kinds of messages come by which way (消息设置)."""
    if request.method == "POST":
        changed = services.choose(
            by=request.user, wanted=request.POST.getlist("on"), now=timezone.now()
        )
        messages.success(request, f"改好了{changed}处" if changed else "没有改动")
        return redirect("outbox:choices")
    phone, email = queries.reached_at(request.user)
    return render(
        request,
        "outbox/choices.html",
        {
            "rows": queries.switches_of(request.user),
            "channels": queries.open_channels(),
            "phone": phone,
            "email": email,
        },
    )


@needs(rules.SEE_DELIVERIES)
@require_GET
def deliveries(request: Request) -> HttpResponse:
    """Show how the ways out stand and what did not arrive (消息发送情况)."""
    rules.require_deliveries(request.user)
    rows, following = queries.failed(after=request.GET.get("after", ""))
    return render(
        request,
        "outbox/deliveries.html",
        {
            "standings": queries.standings(timezone.now()),
            "rows": rows,
            "next": f"?{urlencode({'after': following})}" if following else "",
        },
    )


@needs(rules.SEE_DELIVERIES)
@require_POST
def try_again(request: Request, pk: int) -> HttpResponse:
    """Let one message that failed go once more (再发一次)."""
    rules.require_deliveries(request.user)
    services.try_again(
        by=request.user, delivery=get_object_or_404(Delivery, pk=pk), now=timezone.now()
    )
    messages.success(request, "又排上了，发出去以后就不在这张表里")
    return redirect("outbox:deliveries")
