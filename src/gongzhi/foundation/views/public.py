"""What everybody sees: the micro-funds, one fund's money, and where a gift went."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from gongzhi.foundation import forms, queries
from gongzhi.foundation.models import Fund
from gongzhi.ui.desk import sent
from gongzhi.ui.doors import Request, public


def _number(request: Request, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


@public
@require_GET
def funds(request: Request) -> HttpResponse:
    """Show the micro-funds, in the official order of places (微基金)."""
    shown = queries.micro_funds(timezone.now())
    return render(
        request,
        "foundation/funds.html",
        {
            "shown": shown,
            "left_fen": sum(s.fund.account.balance_fen for s in shown),
            "received_fen": sum(s.received_fen for s in shown),
            "spent_fen": sum(s.spent_fen for s in shown),
        },
    )


@public
@require_GET
def fund(request: Request, pk: int) -> HttpResponse:
    """Show one fund: what is left, one sum followed, every entry, how to check it (一支基金)."""
    found = queries.fund(pk)
    if found is None:
        raise Http404
    shown = queries.shown(found, timezone.now())
    gift_pk = _number(request, "gift")
    gift = queries.public_gift(found, gift_pk) if gift_pk else None
    followed = None if gift else queries.follow_payment(found, _number(request, "payment"))
    return render(
        request,
        "foundation/fund.html",
        {
            "fund": found,
            "shown": shown,
            "is_micro": found.kind == Fund.Kind.MICRO,
            "followed": followed,
            "traced": queries.trace(gift) if gift else None,
            "page": queries.ledger_of(
                found, before=_number(request, "before"), after=_number(request, "after")
            ),
            "uses": queries.uses_of(found),
            "head": queries.head(),
            "crumbs": [{"label": "微基金", "url": "/foundation/"}, {"label": found.name}],
        },
    )


@sensitive_post_parameters("code")
@public
@require_http_methods(["GET", "POST"])
def gift(request: Request) -> HttpResponse:
    """Show where a gift went, to whoever holds its receipt (我捐的钱去了哪里)."""
    form = forms.TraceForm(sent(request))
    traced = None
    if form.is_valid():
        found = queries.donation_by_code(form.cleaned_data["number"], form.cleaned_data["code"])
        if found is None:
            form.add_error("number", "没有这张收据，或者查询码不对。请照收据再填一遍")
        else:
            traced = queries.trace(found)
    return render(
        request,
        "foundation/gift.html",
        {"form": form, "traced": traced},
        status=422 if form.errors else 200,
    )
