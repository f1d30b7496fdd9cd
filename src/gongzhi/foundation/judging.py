"""How the foundation says no."""

from __future__ import annotations

from gongzhi.shared.refusals import Refused, Unacceptable


class FundUnclear(Unacceptable):
    code = "foundation.fund-unclear"
    message = "{wrong}，所以没有存。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class CommitteeShort(Refused):
    code = "foundation.committee-short"
    message = (
        "管委会要单数、至少{least}人，另有至少1位监督人；现在管委会{count}人、监督人{watching}人，"
        "所以没有设立。请补齐人再办。"
    )


class NameTaken(Refused):
    code = "foundation.name-taken"
    message = "已经有一支基金叫“{name}”。同名的账分不清，所以没有设立；请换一个名字。"


class FundFrozen(Refused):
    code = "foundation.fund-frozen"
    message = "“{name}”冻结着：{why}，不能{what}。请先补齐管委会和监督人。"


class FundClosed(Refused):
    code = "foundation.fund-closed"
    message = "“{name}”已经关闭，不能{what}。请选一支开着的基金。"


class StillInUse(Refused):
    code = "foundation.still-in-use"
    message = "“{name}”还有{count}笔用钱等着审批，不能关闭。请先把它们批完或退回。"


class RemainderHomeless(Refused):
    code = "foundation.remainder-homeless"
    message = "“{name}”还剩{left}元，没有说转到哪支基金，所以没有关闭。请选一支开着、用途相近、限定一样的基金接着用。"


class GiftUnclear(Unacceptable):
    code = "foundation.gift-unclear"
    message = "{wrong}，所以没有登记。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class AlreadyVoided(Refused):
    code = "foundation.already-voided"
    message = "收据{receipt}已经作废过了，不能再作废一次。请看作废的原因。"


class PaymentUnclear(Unacceptable):
    code = "foundation.payment-unclear"
    message = "{wrong}，所以没有提交。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class AskerApproves(Refused):
    code = "foundation.asker-approves"
    message = "这笔钱是您自己申请的，申请和审批不能是同一个人。请交给另一位有审批权的同事。"


class PayeeApproves(Refused):
    code = "foundation.payee-approves"
    message = "这笔钱是付给您的，收钱的人不能审批。请交给另一位有审批权的同事。"


class AlreadyDecided(Refused):
    code = "foundation.already-decided"
    message = "这笔用钱{state}了，不能再办一次。请看它是谁、哪天办的。"
