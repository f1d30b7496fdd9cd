"""Keeping the books: vouchers from draft to entry, reversals, accounts, the end of months and years."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms.formsets import BaseFormSet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from gongzhi.ledger import queries, rules, services, tasks
from gongzhi.ledger.booking import lines_in
from gongzhi.ledger.forms import (
    AccountForm,
    LineForm,
    LineSet,
    ReasonForm,
    ReverseForm,
    VoucherForm,
    dimensions_to_choose,
    filled,
)
from gongzhi.ledger.models import Account, Dimension, Ledger, Transfer, Voucher
from gongzhi.shared.calendar import today
from gongzhi.shared.keys import new_key
from gongzhi.shared.money import Money
from gongzhi.shared.periods import month_of
from gongzhi.ui.doors import Request, needs

from .reading import books_of, crumbs, frame, month_of_address, say_month

KEEP = (rules.KEEP_CHARITY, rules.KEEP_FISCAL)
APPROVE = (rules.APPROVE_CHARITY, rules.APPROVE_FISCAL)
CLOSE = (rules.CLOSE_CHARITY, rules.CLOSE_FISCAL)
MOST_LINES = 40


def _draft(request: Request, ledger: Ledger, pk: int) -> Voucher:
    books_of(request, ledger)
    found = Voucher.objects.select_related("maker", "decided_by").filter(ledger=ledger, pk=pk)
    draft = found.first()
    if draft is None:
        raise Http404
    return draft


@needs(*KEEP)
@require_http_methods(["GET", "POST"])
def new_draft(request: Request, books: Ledger) -> HttpResponse:
    """Write a voucher (记一张凭证)."""
    return _write(request, books, None)


@needs(*KEEP)
@require_http_methods(["GET", "POST"])
def change_draft(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Write a draft anew (改草稿)."""
    return _write(request, books, _draft(request, books, pk))


def _write(request: Request, books: Ledger, draft: Voucher | None) -> HttpResponse:
    held, now = books_of(request, books), timezone.now()
    rules.require(request.user, rules.KEEP[books], books)
    day = queries.open_day(books, today(now))
    named = {
        "accounts": queries.accounts_to_choose(books, day),
        "dimensions": dimensions_to_choose(),
    }
    fresh = {"booked_on": day, "value_on": day, "attachments": 0}
    head = VoucherForm(request.POST or None, initial=_head(draft) if draft else fresh)
    lines: BaseFormSet[LineForm]
    if request.method != "POST":
        lines = LineSet(initial=_initial(draft) or [{}], form_kwargs=named)
    else:
        lines = LineSet(request.POST, form_kwargs=named)
        if "more" in request.POST:
            lines, head = _one_more(request, named)
        elif _is_valid(head, lines):
            voucher = services.draft_voucher(
                by=request.user,
                ledger=books,
                voucher=draft,
                lines=filled(lines),
                now=now,
                **head.cleaned_data,
            )
            if "submit" in request.POST:
                services.submit_voucher(by=request.user, voucher=voucher, now=now)
                messages.success(request, "交了，等别人复核；复核通过才入账")
            else:
                messages.success(request, "草稿存好了，还没有入账")
            return redirect("ledger:draft", books.slug, voucher.pk)
    month = month_of(day)
    return render(
        request,
        "ledger/write.html",
        frame(
            held,
            month,
            crumbs=crumbs(held, month, "改草稿" if draft else "记一张凭证"),
            form=head,
            lines=lines,
            draft=draft,
        ),
        status=422 if head.errors else 200,
    )


def _head(draft: Voucher) -> dict[str, Any]:
    names = ("booked_on", "value_on", "document", "attachments")
    return {name: getattr(draft, name) for name in names}


def _initial(draft: Voucher | None) -> list[dict[str, Any]]:
    return [
        {
            "memo": line.memo,
            "debit": line.debit,
            "credit": line.credit,
            "amount": Money(line.amount_fen).yuan(),
            "restriction": line.restriction,
            "fund": line.fund,
            "project": line.project,
        }
        for line in (lines_in(draft) if draft else [])
    ]


def _one_more(request: Request, named: dict[str, Any]) -> tuple[BaseFormSet[LineForm], VoucherForm]:
    """Give the same voucher back with one more empty line; nothing is judged yet."""
    data = request.POST.copy()
    total = data.get("form-TOTAL_FORMS", "1")
    count = min(int(total) if total.isdecimal() and len(total) < 4 else 1, MOST_LINES)
    keys = ("memo", "debit", "credit", "amount", "restriction", "fund", "project")
    rows = [{key: data.get(f"form-{n}-{key}", "") for key in keys} for n in range(count)]
    head = VoucherForm(
        initial={n: data.get(n, "") for n in ("booked_on", "value_on", "document", "attachments")}
    )
    return LineSet(initial=[*rows, {}], form_kwargs=named), head


def _is_valid(head: VoucherForm, lines: BaseFormSet[LineForm]) -> bool:
    """Judge head and lines together, and sum up at the head what is wrong in which line."""
    good = head.is_valid()
    if not lines.is_valid():
        for number, form in enumerate(lines.forms, 1):
            for errors in form.errors.values():
                for error in errors:
                    head.add_error(None, f"第{number}行：{error}")
        for error in lines.non_form_errors():
            head.add_error(None, error)
        return False
    if good and not filled(lines):
        head.add_error(None, "一行分录也没有填，请至少填一行")
        return False
    return good


@needs(*KEEP, *APPROVE)
@require_http_methods(["GET"])
def draft(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Show a draft with what may be done with it (凭证草稿)."""
    held = books_of(request, books)
    found = _draft(request, books, pk)
    lines = lines_in(found)
    numbers = {n for line in lines for n in (line.debit, line.credit)}
    accounts = Account.objects.in_bulk(numbers)
    asked = {d for line in lines for d in (line.fund, line.project) if d}
    dimensions = Dimension.objects.in_bulk(asked)
    posted = Transfer.objects.filter(posting=found.key, line=1).values_list("pk", flat=True).first()
    month = month_of(found.booked_on)
    own = found.maker_id is None or found.maker_id == request.user.pk
    return render(
        request,
        "ledger/draft.html",
        frame(
            held,
            month,
            crumbs=crumbs(held, month, "凭证草稿"),
            draft=found,
            rows=[
                {
                    "memo": line.memo,
                    "debit": accounts[line.debit],
                    "debit_name": queries.say(accounts[line.debit], found.booked_on),
                    "credit": accounts[line.credit],
                    "credit_name": queries.say(accounts[line.credit], found.booked_on),
                    "fen": line.amount_fen,
                    "tags": [
                        *(dimensions[d].name for d in (line.fund, line.project) if d),
                        *(
                            [dict(restricted="限定", unrestricted="非限定")[line.restriction]]
                            if line.restriction
                            else []
                        ),
                    ],
                }
                for line in lines
            ],
            posted=posted,
            own=own,
            may_keep=rules.holds(request.user, rules.KEEP[books], books),
            may_approve=rules.holds(request.user, rules.APPROVE[books], books),
            return_form=ReasonForm(prefix="return"),
            discard_form=ReasonForm(prefix="discard"),
        ),
    )


@needs(*KEEP)
@require_POST
def submit(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Hand a draft in (交复核)."""
    services.submit_voucher(by=request.user, voucher=_draft(request, books, pk), now=timezone.now())
    messages.success(request, "交了，等别人复核；复核通过才入账")
    return redirect("ledger:draft", books.slug, pk)


@needs(*APPROVE)
@require_POST
def approve(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Approve and book a voucher (复核通过)."""
    rows = services.approve_voucher(
        by=request.user, voucher=_draft(request, books, pk), now=timezone.now()
    )
    tasks.seal_books.enqueue()
    messages.success(request, "复核通过，已经入账")
    return redirect("ledger:slip", books.slug, rows[0].pk)


@needs(*APPROVE)
@require_POST
def send_back(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Send a voucher back (退回修改)."""
    services.return_voucher(
        by=request.user,
        voucher=_draft(request, books, pk),
        reason=request.POST.get("return-reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "退回给制单的人了")
    return redirect("ledger:draft", books.slug, pk)


@needs(*KEEP)
@require_POST
def discard(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Put a draft aside (草稿作废)."""
    services.discard_voucher(
        by=request.user,
        voucher=_draft(request, books, pk),
        reason=request.POST.get("discard-reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "草稿作废了，没有占凭证号")
    return redirect("ledger:draft", books.slug, pk)


@needs(*KEEP)
@require_http_methods(["GET", "POST"])
def reverse_slip(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Undo a voucher, whole or in part, with a reason (冲销)."""
    held, now = books_of(request, books), timezone.now()
    rules.require(request.user, rules.KEEP[books], books)
    slip = queries.slip(books, pk)
    if slip is None:
        raise Http404
    left = queries.reversible(slip.rows)
    rows = [row for row in slip.rows if left.get(row.pk)]
    initial: dict[str, Any] = {f"part{row.pk}": Money(left[row.pk]).yuan() for row in rows}
    form = ReverseForm(
        request.POST or None,
        left=[(row.pk, row.memo or f"第{row.line}行", left[row.pk]) for row in rows],
        initial=initial | {"booked_on": queries.open_day(books, today(now))},
    )
    if request.method == "POST" and form.is_valid():
        by_pk = {row.pk: row for row in rows}
        undone = services.reverse(
            by=request.user,
            key=new_key(),
            parts=[(by_pk[number], fen) for number, fen in form.parts],
            reason=form.cleaned_data["reason"],
            booked_on=form.cleaned_data["booked_on"],
            now=now,
        )
        messages.success(request, "冲销记好了，原来那张留着不动")
        return redirect("ledger:slip", books.slug, undone[0].pk)
    return _form(
        request,
        frame(
            held,
            slip.month,
            crumbs=crumbs(held, slip.month, "冲销"),
            form=form,
            title=f"冲销{slip.name}",
            button="冲销",
            note="系统照原样反着记一张，写明原因。手续费和本金一起冲，就在两行都填金额；几次冲销加起来不会超过原来那笔。",
            back=reverse("ledger:slip", args=[books.slug, slip.pk]),
        ),
    )


def _form(request: Request, context: dict[str, Any]) -> HttpResponse:
    return render(
        request, "ledger/form.html", context, status=422 if context["form"].errors else 200
    )


@needs(*KEEP)
@require_http_methods(["GET", "POST"])
def open_account(request: Request, books: Ledger) -> HttpResponse:
    """Open an account below a subject (开明细账户)."""
    held, now = books_of(request, books), timezone.now()
    rules.require(request.user, rules.KEEP[books], books)
    form = AccountForm(request.POST or None, ledger=books, on=today(now))
    if request.method == "POST" and form.is_valid():
        account = services.open_account(by=request.user, ledger=books, now=now, **form.cleaned_data)
        messages.success(request, f"开好了：{account.name}")
        return redirect("ledger:account", books.slug, account.pk)
    month = queries.current_month(held, now)
    return _form(
        request,
        frame(
            held,
            month,
            crumbs=crumbs(held, None, "开明细账户"),
            form=form,
            title="开明细账户",
            button="开户",
            note="微基金没有自己的银行户头：这里开的是基金会户头下面的一本小账，余额单独看得见，也单独不得透支。",
            back=reverse("ledger:accounts", args=[books.slug]),
        ),
    )


@needs(*CLOSE)
@require_POST
def close(request: Request, books: Ledger, month: int) -> HttpResponse:
    """Close a month (关账)."""
    books_of(request, books)
    here = month_of_address(month)
    services.close_month(by=request.user, ledger=books, month=here, now=timezone.now())
    messages.success(request, f"{say_month(here)}的账关了，晚到的事记进下个月")
    return redirect("ledger:month", books.slug, month)


@needs(*KEEP)
@require_POST
def carry(request: Request, books: Ledger, year: int) -> HttpResponse:
    """Carry a year's income and expenses over (年末结转)."""
    books_of(request, books)
    rows = services.carry_year(
        by=request.user, ledger=books, year=year, key=new_key(), now=timezone.now()
    )
    tasks.seal_books.enqueue()
    messages.success(request, f"{year}年的收入和费用结转了")
    return redirect("ledger:slip", books.slug, rows[0].pk)
