"""The desk of the foundation: funds and committees, donors and gifts, payments."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from gongzhi.audit import queries as audit
from gongzhi.foundation import forms, queries, rules, services
from gongzhi.foundation.models import Donation, Fund, Payment
from gongzhi.shared.calendar import today
from gongzhi.ui.desk import Crumbs, form_page, sent
from gongzhi.ui.doors import Request, needs


def _crumbs(*path: tuple[str, str] | str) -> Crumbs:
    found: Crumbs = [{"label": "基金和捐赠", "url": reverse("foundation:desk")}]
    for piece in path:
        label, url = piece if isinstance(piece, tuple) else (piece, "")
        found.append({"label": label, "url": url})
    return found


def _fund(request: Request, pk: int) -> Fund:
    """:raises Http404: it is not a fund of theirs."""
    found = queries.funds_of(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _payment(request: Request, pk: int) -> Payment:
    """:raises Http404: it is not a payment of theirs."""
    found = queries.payments(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _gift(request: Request, pk: int) -> Donation:
    """:raises Http404: it is not a gift of theirs."""
    found = queries.donations(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _at(fund: Fund) -> tuple[str, str]:
    return fund.name, reverse("foundation:desk-fund", args=[fund.pk])


@needs(rules.SEE)
@require_GET
def home(request: Request) -> HttpResponse:
    """Show the funds of one's reach, and what waits for a decision (基金和捐赠)."""
    asked = queries.payments(request.user).filter(state=Payment.State.ASKED)
    return render(
        request,
        "foundation/desk.html",
        {
            "funds": queries.funds_of(request.user),
            "asked": asked[: queries.SHOWN],
            "records": rules.RECORD.anywhere(request.user),
            "opens": rules.OPEN_FUND.anywhere(request.user),
            "has_foundation": queries.foundation() is not None,
        },
    )


@needs(rules.SEE)
@require_GET
def fund(request: Request, pk: int) -> HttpResponse:
    """Show one fund to whoever looks after it (一支基金)."""
    found, by = _fund(request, pk), request.user
    committee, supervisors = queries.seats_of(found)
    return render(
        request,
        "foundation/desk_fund.html",
        {
            "fund": found,
            "shown": queries.shown(found, timezone.now()),
            "committee": committee,
            "supervisors": supervisors,
            "payments": queries.payments(by).filter(fund=found)[: queries.SHOWN],
            "opens": rules.OPEN_FUND.allows(by, found),
            "asks": rules.ASK.allows(by, found),
            "log": audit.lines_about(found, 8),
            "crumbs": _crumbs(found.name),
        },
    )


@needs(rules.OPEN_FUND)
@require_http_methods(["GET", "POST"])
def new_fund(request: Request) -> HttpResponse:
    """Open a fund (设立基金)."""
    holder = queries.foundation()
    if holder is None:
        messages.error(
            request, "慈善账还没有建，或者没有写是哪个基金会的。请先请县级主管部门建账。"
        )
        return redirect("foundation:desk")
    form = forms.FundForm(sent(request), by=request.user)
    if form.is_valid():
        made = services.open_fund(
            by=request.user, holder=holder, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"“{made.name}”设立了，账上有了它自己的一页")
        return redirect("foundation:desk-fund", pk=made.pk)
    return form_page(
        request, form, title="设立基金", button="设立", back=reverse("foundation:desk"),
        path=_crumbs("设立基金"),
        note="微基金没有自己的银行账户和公章，钱在基金会的账户里，账上单独一页。"
        "管委会要单数、至少5人，另有监督人；人不够了会自动冻结，补齐就恢复。",
    )  # fmt: skip


@needs(rules.OPEN_FUND)
@require_http_methods(["GET", "POST"])
def committee(request: Request, pk: int) -> HttpResponse:
    """Note who sits on the committee (定管委会)."""
    found = _fund(request, pk)
    sitting, watching = queries.seats_of(found)
    form = forms.CommitteeForm(
        sent(request),
        initial={
            "committee": "\n".join(s.name for s in sitting),
            "supervisors": "\n".join(s.name for s in watching),
        },
    )
    if form.is_valid():
        kept = services.set_committee(
            by=request.user, fund=found, now=timezone.now(), **form.cleaned_data
        )
        if kept.state == Fund.State.FROZEN:
            messages.warning(request, f"记下了。{kept.frozen_reason}，所以先冻结，补齐就恢复")
        else:
            messages.success(request, "管委会和监督人记下了")
        return redirect("foundation:desk-fund", pk=pk)
    return form_page(
        request, form, title="定管委会和监督人", button="记下", back=_at(found)[1],
        path=_crumbs(_at(found), "定管委会"),
        note="有人退出随时可以记。剩下的不是单数、不够人，或者没有监督人，这支微基金就先冻结，不能用钱。",
    )  # fmt: skip


@needs(rules.OPEN_FUND)
@require_http_methods(["GET", "POST"])
def close(request: Request, pk: int) -> HttpResponse:
    """Close a fund (关闭基金)."""
    found = _fund(request, pk)
    form = forms.CloseForm(sent(request), by=request.user, fund=found)
    if form.is_valid():
        services.close_fund(by=request.user, fund=found, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"“{found.name}”关闭了，账和记录都留着")
        return redirect("foundation:desk-fund", pk=pk)
    return form_page(
        request, form, title="关闭这支基金", button="关闭", danger=True, back=_at(found)[1],
        path=_crumbs(_at(found), "关闭"),
        note="关闭以后不再收、不再用；余钱要转到用途相近的基金，捐的人照样查得到去了哪里。",
    )  # fmt: skip


@needs(rules.ASK)
@require_http_methods(["GET", "POST"])
def ask(request: Request, pk: int) -> HttpResponse:
    """Ask for money of a fund (申请用钱)."""
    found = _fund(request, pk)
    form = forms.PaymentForm(sent(request))
    if form.is_valid():
        made = services.ask_payment(
            by=request.user, fund=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, "交上去了，这笔钱先预留着，等另一位审批")
        return redirect("foundation:payment", pk=made.pk)
    return form_page(
        request, form, title="申请用钱", button="交审批", back=_at(found)[1],
        path=_crumbs(_at(found), "申请用钱"),
        note="申请和审批不能是同一个人。批下来以后，办什么事、付给谁、凭什么付会公开，"
        "个人的名字、电话和证件号会遮住。",
    )  # fmt: skip


@needs(rules.SEE)
@require_http_methods(["GET", "POST"])
def payment(request: Request, pk: int) -> HttpResponse:
    """Show one payment, and approve it (审批用钱)."""
    found, by = _payment(request, pk), request.user
    form = forms.ApproveForm(sent(request), initial={"paid_on": today(timezone.now())})
    if form.is_valid():
        services.approve_payment(by=by, payment=found, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "批了，记进账里了，公开页上看得到")
        return redirect("foundation:payment", pk=pk)
    is_asked = found.state == Payment.State.ASKED
    return render(
        request,
        "foundation/payment.html",
        {
            "payment": found,
            "form": form,
            "is_own": found.asked_by_id is not None and found.asked_by_id == by.pk,
            "approves": is_asked and rules.APPROVE_PAYMENT.allows(by, found),
            "is_asked": is_asked,
            "log": audit.lines_about(found, 8),
            "crumbs": _crumbs(_at(found.fund), found.title),
        },
        status=422 if form.errors else 200,
    )


@needs(rules.APPROVE, rules.ASK)
@require_http_methods(["GET", "POST"])
def decline(request: Request, pk: int) -> HttpResponse:
    """Decline a payment, or take one's own back (没有同意)."""
    found = _payment(request, pk)
    form = forms.DeclineForm(sent(request))
    back = reverse("foundation:payment", args=[pk])
    if form.is_valid():
        services.decline_payment(
            by=request.user, payment=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, "退回了，预留的钱放回基金里了")
        return redirect(back)
    return form_page(
        request, form, title="不同意这笔用钱", button="退回", danger=True, back=back,
        path=_crumbs(_at(found.fund), (found.title, back), "退回"),
        note="退回以后，预留的钱马上放回基金；要用就改好另外申请。",
    )  # fmt: skip


@needs(rules.RECORD)
@require_GET
def donors(request: Request) -> HttpResponse:
    """Show the donors, found by name (捐赠人)."""
    words = request.GET.get("q", "")[:40]
    return render(
        request,
        "foundation/donors.html",
        {
            "donors": queries.donors(request.user, words)[: queries.SHOWN],
            "gifts": queries.donations(request.user)[:20],
            "words": words,
            "crumbs": _crumbs("捐赠"),
        },
    )


@needs(rules.RECORD)
@require_http_methods(["GET", "POST"])
def new_donor(request: Request) -> HttpResponse:
    """Note a donor (登记捐赠人)."""
    holder = queries.foundation()
    if holder is None:
        messages.error(
            request, "慈善账还没有建，或者没有写是哪个基金会的。请先请县级主管部门建账。"
        )
        return redirect("foundation:desk")
    form = forms.DonorForm(sent(request))
    back = reverse("foundation:donors")
    if form.is_valid():
        made = services.note_donor(
            by=request.user,
            kind=form.cleaned_data["kind"],
            name=form.cleaned_data["name"],
            is_anonymous=form.cleaned_data["shows"] == "hidden",
            holder=holder,
            place=queries.county(),
            now=timezone.now(),
        )
        messages.success(request, "捐赠人登记好了，接着登记这笔捐赠")
        return redirect("foundation:new-gift", pk=made.pk)
    return form_page(
        request, form, title="登记捐赠人", button="登记", back=back,
        path=_crumbs(("捐赠", back), "登记捐赠人"),
        note="捐过的人不用再登记，在捐赠人里找出来接着登记就行。",
    )  # fmt: skip


@needs(rules.RECORD)
@require_http_methods(["GET", "POST"])
def new_gift(request: Request, pk: int) -> HttpResponse:
    """Record what a donor gave (登记捐赠)."""
    donor = queries.donors(request.user).filter(pk=pk).first()
    if donor is None:
        raise Http404
    form = forms.DonationForm(sent(request), by=request.user)
    back = reverse("foundation:donors")
    if form.is_valid():
        made = services.record_donation(
            by=request.user, donor=donor, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"收据{made.receipt}开好了")
        return redirect("foundation:receipt", pk=made.pk)
    return form_page(
        request, form, title="登记捐赠", button="登记并开收据", back=back,
        path=_crumbs(("捐赠", back), "登记捐赠"),
        note=f"捐赠人：{donor.name}。钱到了基金会的银行账户再登记；平台不在网上收捐款。",
    )  # fmt: skip


@needs(rules.RECORD)
@require_GET
def receipt(request: Request, pk: int) -> HttpResponse:
    """Show one gift with its receipt, and where it went (一张收据)."""
    found = _gift(request, pk)
    return render(
        request,
        "foundation/receipt.html",
        {
            "gift": found,
            "traced": queries.trace(found),
            "crumbs": _crumbs(("捐赠", reverse("foundation:donors")), f"收据{found.receipt}"),
        },
    )


@needs(rules.RECORD)
@require_http_methods(["GET", "POST"])
def void(request: Request, pk: int) -> HttpResponse:
    """Void a receipt (作废收据)."""
    found = _gift(request, pk)
    form = forms.VoidForm(sent(request))
    back = reverse("foundation:receipt", args=[pk])
    if form.is_valid():
        services.void_donation(
            by=request.user, donation=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"收据{found.receipt}作废了，号留着，账上冲回了")
        return redirect(back)
    return form_page(
        request, form, title=f"作废收据{found.receipt}", button="作废", danger=True, back=back,
        path=_crumbs((f"收据{found.receipt}", back), "作废"),
        note="号不会再用；账上冲回这一笔。钱已经用出去的，要先冲回用掉的才能作废。",
    )  # fmt: skip
