"""The site as it is served, with room for as many readers at once as there are clients."""

from gongzhi.config.settings.dev import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = ["*"]
GONGZHI_MESSAGE_GATEWAY = "bench.registrations.Silent"
GONGZHI_WECHAT_GATEWAY = GONGZHI_MAIL_GATEWAY = GONGZHI_MESSAGE_GATEWAY
