"""Who may look at figures and take records away."""

from gongzhi.shared.permissions import STAFF, Permission, Role

SEE = Permission(
    code="indicators.see-overview", label="看一个地点的总览和指标", roles=STAFF, place=""
)
EXPORT = Permission(
    code="indicators.export-records", label="导出记录（号码遮住）", roles=STAFF, place=""
)
EXPORT_FULL = Permission(
    code="indicators.export-full-numbers",
    label="导出完整号码（写明理由）",
    roles=frozenset({Role.COUNTY_OPERATOR, Role.COUNTY_OFFICER}),
    place="",
)
