"""Reading the books: the month, its vouchers, the pages of an account, the three sheets, the way of a gift."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gongzhi.ledger import beancount, printing, queries, rules
from gongzhi.ledger.chart import chart, title
from gongzhi.ledger.checks import close_checks
from gongzhi.ledger.models import Account, Books, Closing, Ledger, Transfer
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import first_of, month_of
from gongzhi.ui.doors import Request, needs, public
from gongzhi.ui.phrasing import percent1

SEE = (rules.SEE_BOOKS,)


def books_of(request: Request, ledger: Ledger) -> Books:
    """Return the books that an address names, for whoever may read them (账套)."""
    rules.require(request.user, rules.SEE[ledger], ledger)
    found = Books.objects.filter(pk=ledger).first()
    if found is None:
        raise Http404
    return found


def month_of_address(number: int) -> int:
    """Return the month of an address, 202610 (月份)."""
    month = queries.month_from(number)
    if month is None:
        raise Http404
    return month


def number_of(month: int) -> int:
    """Return a month as addresses write it, 202610 (月份写法)."""
    day = first_of(month)
    return day.year * 100 + day.month


def say_month(month: int) -> str:
    """Return 2026年10月 (月份名称)."""
    day = first_of(month)
    return f"{day.year}年{day.month}月"


def crumbs(books: Books, month: int | None, *labels: str) -> list[dict[str, str]]:
    """Return the path above a page of the books (账本路径)."""
    slug = Ledger(books.pk).slug
    here = month if month is not None else queries.current_month(books, timezone.now())
    at = reverse("ledger:month", args=[slug, number_of(here)])
    found = [{"label": books.owner}, {"label": books.get_ledger_display(), "url": at}]
    if month is not None and labels:
        found.append({"label": say_month(month), "url": at})
    elif month is not None:
        found.append({"label": say_month(month)})
    return [*found, *({"label": label} for label in labels)]


def _switch(request: Request, current: Books, month: int) -> list[dict[str, Any]]:
    return [
        {
            "label": books.get_ledger_display(),
            "url": reverse("ledger:month", args=[Ledger(books.pk).slug, number_of(month)]),
            "current": books == current,
        }
        for books in queries.books_seen_by(request.user)
    ]


def frame(books: Books, month: int, **more: Any) -> dict[str, Any]:
    """Return what every page of a month shows (月份页共有的)."""
    return {
        "books": books,
        "slug": Ledger(books.pk).slug,
        "month": month,
        "at": number_of(month),
        "month_name": say_month(month),
        "last_day": first_of(month + 1) - queries.DAY,
        "is_closed": first_of(month) <= books.closed_through,
        **more,
    }


@needs(*SEE)
@require_GET
def home(request: Request) -> HttpResponse:
    """Open the month that is being kept, of the first books one may read (账务)."""
    seen = queries.books_seen_by(request.user)
    if not seen:
        readable = [x for x in Ledger if rules.holds(request.user, rules.SEE[x], x)]
        return render(
            request, "ledger/closed.html", {"readable": readable}, status=200 if readable else 403
        )
    books = seen[0]
    month = queries.current_month(books, timezone.now())
    return redirect("ledger:month", Ledger(books.pk).slug, number_of(month))


@needs(*SEE)
@require_GET
def month(request: Request, books: Ledger, month: int) -> HttpResponse:
    """Show a month: what waits, the latest vouchers, the list before closing, the trial balance (某月账)."""
    held = books_of(request, books)
    here, now = month_of_address(month), timezone.now()
    trial = queries.trial_balance(books, here)
    checks = close_checks(books, here, trial)
    missing = [check for check in checks if check.state != "ok"]
    is_over = today(now) >= first_of(here + 1)
    closing = Closing.objects.select_related("closed_by").filter(ledger=books, month=here).first()
    in_turn = month_of(held.closed_through + queries.DAY) == here
    page = queries.slips(books, here)
    waiting = list(queries.voucher_drafts(books, through=first_of(here + 1) - queries.DAY)[:30])
    return render(
        request,
        "ledger/month.html",
        frame(
            held,
            here,
            crumbs=crumbs(held, here),
            switch=_switch(request, held, here),
            earlier=number_of(here - 1) if first_of(here) > held.opened_on else 0,
            later=number_of(here + 1) if first_of(here + 1) <= today(now) else 0,
            trial=trial,
            sums=queries.sides(trial),
            checks=[
                (
                    c,
                    reverse("ledger:slips", args=[books.slug, month])
                    if c.url == "slips"
                    else c.url,
                )
                for c in checks
            ],
            missing=missing,
            done=len(checks) - len(missing),
            closing=closing,
            is_over=is_over,
            in_turn=in_turn,
            can_close=not missing and is_over and in_turn and closing is None,
            may_close=rules.holds(request.user, rules.CLOSE[books], books),
            may_keep=rules.holds(request.user, rules.KEEP[books], books),
            waiting=waiting,
            latest=page.rows[:8],
            more=len(page.rows) > 8,
            head=queries.head_of(held),
            unsealed=queries.unsealed_count(held),
            confidence=next(iter(chart(books, first_of(here)).values())),
            is_december=here % 12 == 11,
        ),
    )


@needs(*SEE)
@require_GET
def slips(request: Request, books: Ledger, month: int) -> HttpResponse:
    """List the vouchers of a month, newest first (凭证清单)."""
    held, here = books_of(request, books), month_of_address(month)
    before, after = key_in(request, "before"), key_in(request, "after")
    page = queries.slips(books, here, before=before, after=after)
    return render(
        request,
        "ledger/slips.html",
        frame(
            held,
            here,
            crumbs=crumbs(held, here, "凭证"),
            page=page,
            query=request.GET.urlencode(),
        ),
    )


def key_in(request: Request, name: str) -> int | None:
    """Return a paging key in the address; None when there is none that can be read (翻页键)."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


@needs(*SEE)
@require_GET
def print_slips(request: Request, books: Ledger, month: int) -> HttpResponse:
    """Print the vouchers of one page of a month on one file (打印这一页凭证)."""
    held, here = books_of(request, books), month_of_address(month)
    page = queries.slips(
        books, here, before=key_in(request, "before"), after=key_in(request, "after")
    )
    whole = queries.with_lines(page.rows)
    return _pdf(printing.vouchers(held, whole[::-1]), f"{say_month(here)}凭证")


@needs(*SEE)
@require_GET
def slip(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Show one voucher: its lines, who made and approved it, whose money it was (记账凭证)."""
    held = books_of(request, books)
    found = _slip(books, pk)
    earlier, later = queries.neighbours(books, found.month, found.pk)
    left = queries.reversible(found.rows)
    return render(
        request,
        "ledger/slip.html",
        frame(
            held,
            found.month,
            crumbs=crumbs(held, found.month, found.name),
            slip=found,
            rows=[
                {
                    "memo": row.memo,
                    "debit": row.debit_account,
                    "debit_name": queries.say(row.debit_account, row.booked_on),
                    "credit": row.credit_account,
                    "credit_name": queries.say(row.credit_account, row.booked_on),
                    "fen": row.amount_fen,
                    "tags": tags_of(row),
                }
                for row in found.rows
            ],
            related=_related(found),
            earlier=earlier,
            later=later,
            reversible=any(left.values()),
            undone=[row for row in found.rows if row.pk in left and left[row.pk] < row.amount_fen],
            left=left,
            origins=queries.origins_of(found.rows),
            gifts=[row for row in found.rows if row.debit_account.keeps_lots and not row.reverses],
            may_keep=rules.holds(request.user, rules.KEEP[books], books),
        ),
    )


def tags_of(row: Transfer) -> list[str]:
    """Return what a line is counted by, in words (核算项)."""
    labels: list[object] = [row.fund, row.project, row.funding_line, row.place]
    if row.restriction:
        labels.append(row.get_restriction_display())
    if row.funder:
        labels.append(f"{row.get_funder_display()}资金")
    if row.phase in ("reserved", "released", "expired"):
        labels.append(row.get_phase_display())
    return [str(label) for label in labels if label]


def _related(found: queries.Slip) -> list[tuple[str, int, int]]:
    """Return the vouchers that this one undoes or settles, and those that undo it."""
    return [
        *(("冲销的是这一张", pk, fen) for pk, fen in queries.undone_by(found.rows)),
        *(("被这一张冲销", pk, fen) for pk, fen in queries.undoing(found.rows)),
    ]


def _slip(ledger: Ledger, pk: int) -> queries.Slip:
    found = queries.slip(ledger, pk)
    if found is None:
        raise Http404
    return found


@needs(*SEE)
@require_GET
def print_slip(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Print one voucher (打印凭证)."""
    held = books_of(request, books)
    found = _slip(books, pk)
    return _pdf(printing.vouchers(held, [found]), found.name)


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}.pdf"
    return response


@needs(*SEE)
@require_GET
def subject(request: Request, books: Ledger, month: int, code: int) -> HttpResponse:
    """List the accounts under one subject in a month (一个科目的明细账户)."""
    held, here = books_of(request, books), month_of_address(month)
    row = next((r for r in queries.trial_balance(books, here) if r.code == str(code)), None)
    if row is None:
        raise Http404
    accounts = {a.pk: a for a in queries.accounts_of(books, row.code)}
    return render(
        request,
        "ledger/subject.html",
        frame(
            held,
            here,
            crumbs=crumbs(held, here, row.label),
            row=row,
            rows=[(r, accounts[r.account]) for r in row.accounts],
        ),
    )


@needs(*SEE)
@require_GET
def account(request: Request, books: Ledger, number: int) -> HttpResponse:
    """Show the pages of one account, newest first, each line opening its voucher (明细账)."""
    held = books_of(request, books)
    found = queries.account(books, number)
    if found is None:
        raise Http404
    asked = key_in(request, "month")
    here = queries.month_from(asked) if asked else None
    page = queries.entries(
        found, month=here, before=key_in(request, "before"), after=key_in(request, "after")
    )
    now_month = queries.current_month(held, timezone.now())
    return render(
        request,
        "ledger/account.html",
        frame(
            held,
            here if here is not None else now_month,
            crumbs=crumbs(held, here, queries.say(found, today(timezone.now()))),
            account=found,
            title=queries.say(found, today(timezone.now())),
            only=here,
            page=page,
            reservations=list(queries.open_reservations(found)[:50]),
        ),
    )


@needs(*SEE)
@require_GET
def activity(request: Request, books: Ledger, month: int) -> HttpResponse:
    """Show the activity statement (业务活动表)."""
    held, here = books_of(request, books), month_of_address(month)
    named = "业务活动表" if books == Ledger.CHARITY else "收入费用表"
    rows = queries.activity(books, here)
    return render(
        request,
        "ledger/activity.html",
        frame(held, here, crumbs=crumbs(held, here, named), named=named, rows=rows,
              split=books == Ledger.CHARITY),
    )  # fmt: skip


@needs(*SEE)
@require_GET
def balance(request: Request, books: Ledger, month: int) -> HttpResponse:
    """Show the balance sheet (资产负债表)."""
    held, here = books_of(request, books), month_of_address(month)
    assets, claims = queries.balance_sheet(books, here)
    return render(
        request,
        "ledger/balance.html",
        frame(
            held,
            here,
            crumbs=crumbs(held, here, "资产负债表"),
            sides=[("资产", assets), ("负债和净资产", claims)],
        ),
    )


@needs(*SEE)
@require_GET
def followed(request: Request, books: Ledger, pk: int) -> HttpResponse:
    """Show where the money of a gift went (这笔钱去了哪里)."""
    held = books_of(request, books)
    gift = (
        Transfer.objects.select_related("debit_account", "fund", "project")
        .filter(ledger=books, pk=pk, lots__isnull=False)
        .first()
    )
    if gift is None:
        raise Http404
    here = month_of(gift.booked_on)
    return render(
        request,
        "ledger/followed.html",
        frame(
            held,
            here,
            crumbs=crumbs(held, here, "这笔钱去了哪里"),
            gift=gift,
            found=(found := queries.follow_gift(gift)),
            meter_label=f"用掉{percent1(found.spent_fen / gift.amount_fen)}",
            where=title(gift.debit_account, gift.booked_on),
        ),
    )


@needs(*SEE)
@require_GET
def export(request: Request, books: Ledger) -> StreamingHttpResponse:
    """Give the whole ledger in the words of beancount (导出beancount)."""
    books_of(request, books)
    response = StreamingHttpResponse(
        beancount.exported(books), content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{books.slug}.beancount"'
    return response


@public
@require_GET
def heads(request: Request) -> HttpResponse:
    """Show where the chain of each ledger ended each day, for everybody to keep (每日封存码)."""
    day = today(timezone.now())
    return render(
        request,
        "ledger/heads.html",
        {
            "ledgers": [
                (books, queries.daily_heads(books.pk, day=day))
                for books in Books.objects.order_by("-pk")
            ],
        },
    )


@needs(*SEE)
@require_GET
def accounts(request: Request, books: Ledger) -> HttpResponse:
    """List every account of the chart with its balance now (科目和账户)."""
    held = books_of(request, books)
    day = today(timezone.now())
    names = chart(books, day)
    found: dict[str, list[Account]] = {}
    for one in Account.objects.filter(ledger=books).order_by("subject", "code"):
        found.setdefault(one.subject, []).append(one)
    here = queries.current_month(held, timezone.now())
    return render(
        request,
        "ledger/accounts.html",
        frame(
            held,
            here,
            crumbs=crumbs(held, None, "科目和账户"),
            subjects=[
                (code, names.get(code), [(a, queries.say(a, day)) for a in rows])
                for code, rows in sorted(found.items())
            ],
            may_keep=rules.holds(request.user, rules.KEEP[books], books),
        ),
    )
