"""How the books say no: what is wrong, why, and how to mend it."""

from __future__ import annotations

from gongzhi.shared.refusals import Refused, Unacceptable


class KeyReused(Refused):
    code = "ledger.key-reused"
    message = (
        "这张凭证已经用同一个记账键记过别的内容，没有再记。"
        "请先看看第一次记的那张，确实是另一笔就从头再填一次。"
    )


class InsufficientFunds(Refused):
    code = "ledger.insufficient-funds"
    message = "{account}能用的只有{available}元，这笔要{asked}元，差{short}元，没有记。请改小金额，或等钱到账再办。"


class NotForThisPurpose(Refused):
    code = "ledger.not-for-this-purpose"
    message = (
        "{account}里{purpose}能用的只有{available}元，这笔要{asked}元，其余的钱已经指定了别的用途，没有记。"
        "请改小金额，或者把用途写对。"
    )


class AlreadyResolved(Refused):
    code = "ledger.already-resolved"
    message = "这笔预留已经结清、解除或到期，不能再办一次。请看它的账页，需要就另外预留。"


class NotAReservation(Refused):
    code = "ledger.not-a-reservation"
    message = "这笔转账不是预留，没有可以结清或解除的钱。请从预留清单里选一笔。"


class MoreThanOriginal(Refused):
    code = "ledger.more-than-original"
    message = "原来那笔还能冲销或结清{left}元，这次要{asked}元，多了。请改成不超过{left}元。"


class CannotBeReversed(Refused):
    code = "ledger.cannot-be-reversed"
    message = "只有已经入账的转账可以冲销，冲销本身和预留不能再冲。记错了冲销，请照原样再记一张正确的凭证。"


class GiftAlreadySpent(Refused):
    code = "ledger.gift-already-spent"
    message = (
        "这笔进账只剩{left}元没有用，冲不回{asked}元。请先冲销用掉它的支出，或者只冲{left}元以内。"
    )


class LedgersMixed(Refused):
    code = "ledger.ledgers-mixed"
    message = "财政资金和慈善财产分开记账，不能在一张凭证里互转。请在两本账里各记一张，由项目把它们连起来。"


class MonthClosed(Refused):
    code = "ledger.month-closed"
    message = (
        "{day}所在的月份已经关账，账关到了{last}。请把记账日期写成{open}以后，发生日期照实写。"
    )


class NotYet(Unacceptable):
    code = "ledger.not-yet"
    message = "{day}还没有到，不能先记账。请写今天或以前的日期。"
    field = "booked_on"


class ValueAfterBooking(Unacceptable):
    code = "ledger.value-after-booking"
    message = "发生日期{value}在记账日期{booked}之后，对不上。请把发生日期改成记账那天或以前，晚到的事也一样。"
    field = "value_on"


class NotAnAmount(Unacceptable):
    code = "ledger.not-an-amount"
    message = "金额要大于零、不超过十万亿元，写到分为止，所以没有记。请填1234.50这样的数，反方向的事用冲销。"
    field = "amount"


class NoLines(Unacceptable):
    code = "ledger.no-lines"
    message = "凭证里一行分录也没有，所以没有记。请至少填一行：借、贷、金额。"


class TooManyLines(Unacceptable):
    code = "ledger.too-many-lines"
    message = "一张凭证最多{most}行，这张有{count}行。请分成几张来记。"


class NoSuchAccount(Unacceptable):
    code = "ledger.no-such-account"
    message = "分录里写的账户不在这本账里，所以没有记。请从科目表里选借方和贷方。"
    field = "debit"


class SidesAreTheSame(Unacceptable):
    code = "ledger.sides-are-the-same"
    message = "借方和贷方是同一个账户{account}，钱没有动。请把其中一边改成钱真正来去的账户。"
    field = "credit"


class RestrictionMissing(Unacceptable):
    code = "ledger.restriction-missing"
    message = "{account}里的钱要分清限定和非限定，这一行没有写。请选限定或非限定。"
    field = "restriction"


class MakerApproves(Refused):
    code = "ledger.maker-approves"
    message = (
        "制单和复核不能是同一个人，这张凭证是您自己填的，所以没有入账。请交给另一位有复核权的同事。"
    )


class BooksNotOpen(Refused):
    code = "ledger.books-not-open"
    message = "{ledger}还没有建账，记不了。请先由县级主管部门建账。"


class BooksAreOpen(Refused):
    code = "ledger.books-are-open"
    message = "{ledger}已经建过账了，不用再建。请直接在账里加账户。"


class SubjectUnknown(Unacceptable):
    code = "ledger.subject-unknown"
    message = "科目表里没有{code}这个科目，开不了户。请从当天有效的科目表里选一个。"
    field = "subject"


class CodeTaken(Refused):
    code = "ledger.code-taken"
    message = "这本账里已经有代码是{code}的账户，没有再开。请用原来那个，或者换一个明细代码。"


class CannotKeepLots(Unacceptable):
    code = "ledger.cannot-keep-lots"
    message = "只有钱和物的科目能逐笔跟踪，{name}不是。请去掉“逐笔跟踪”再开户。"
    field = "keeps_lots"


class MonthNotOver(Refused):
    code = "ledger.month-not-over"
    message = "{month}还没有过完，不能关账。请到{first}再关。"


class MonthOutOfTurn(Refused):
    code = "ledger.month-out-of-turn"
    message = "账要一个月一个月地关，现在该关的是{next}，不是{month}。请先关{next}的账。"


class NotReadyToClose(Refused):
    code = "ledger.not-ready-to-close"
    message = "{month}还差{count}件才能关账：{what}。请先把它们做完。"


class YearCarried(Refused):
    code = "ledger.year-carried"
    message = "{year}年的收入和费用已经结转过，余额都是零，没有再转。请直接关12月的账。"


class VoucherUnclear(Unacceptable):
    code = "ledger.voucher-unclear"
    message = "{wrong}，所以没有存。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str = "") -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class ReasonMissing(Unacceptable):
    code = "ledger.reason-missing"
    message = "没有写为什么{what}，所以没有办。请写一句话，制单的人和审计都看得到。"
    field = "reason"


class NotTheMaker(Refused):
    code = "ledger.not-the-maker"
    message = "这张草稿是{maker}填的，别人不能改。请让{maker}自己改，或者退回去写明要改什么。"


class NotADraft(Refused):
    code = "ledger.not-a-draft"
    message = "这张凭证现在是“{state}”，不能再改。要改请让复核的人退回，或者另填一张。"
