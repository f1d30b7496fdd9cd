"""The second lock on the book of deeds; `queries.verify` proves the book without it."""

from gongzhi.shared.locks import AppendOnly

LOCKS = AppendOnly(
    room="audit",
    book="操作留痕",
    tables=("audit_line", "audit_seal"),
    saying="操作留痕只能添加，不能改也不能删。",
)
