"""What this room tells people."""

from gongzhi.shared.messages import Kind

HOURS = Kind(
    key="volunteering.hours",
    label="志愿服务记了时长",
    reason="您参加了这次志愿服务",
    title="记了{hours}小时：{title}",
    body="{day}，{title}，记了{hours}小时（{reason}）。不对的话，请找志愿队或社区更正。",
)
DECLINED = Kind(
    key="volunteering.hours-declined",
    label="补记的时长没有认",
    reason="有人照签到表给您补记了时长",
    title="补记的时长没有认：{title}",
    body="{day}，{title}，补记的时长没有认：{reason}。有不同意见，请找志愿队或社区。",
)
REVOKED = Kind(
    key="volunteering.certificate-revoked",
    label="志愿服务证明作废",
    reason="这张证明是给您出的",
    title="证明{number}作废了",
    body="您的志愿服务证明{number}作废了：{reason}。需要的话可以再出一张，不收费。",
    may_switch_off=False,
)
KINDS = (HOURS, DECLINED, REVOKED)
