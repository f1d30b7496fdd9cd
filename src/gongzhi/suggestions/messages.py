"""What this room tells people: that their suggestion has been answered."""

from gongzhi.shared.messages import Channel, Kind

ANSWERED = Kind(
    key="suggestions.answered",
    label="投诉建议有答复了",
    reason="您写的时候留了这个手机号",
    title="投诉建议{number}有答复了",
    # The answer itself stays behind number and query code: a family shares a phone.
    body="您写的投诉建议{number}有答复了，请用编号和查询号在“查办理情况”里看。",
    channels=frozenset({Channel.IN_APP, Channel.SMS}),
)
KINDS = (ANSWERED,)
