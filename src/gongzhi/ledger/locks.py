"""The second lock on the books; `queries.verify` proves them without it."""

from gongzhi.shared.locks import AppendOnly

LOCKS = AppendOnly(
    room="ledger",
    book="账本",
    tables=(
        "ledger_transfer",
        "ledger_seal",
        "ledger_allocation",
        "ledger_closing",
        "ledger_carried",
    ),
    saying="账上的记录只能添加，不能改也不能删；记错了用冲销。",
)
