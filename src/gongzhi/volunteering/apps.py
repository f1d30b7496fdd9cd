"""志愿服务."""

from django.apps import AppConfig


class VolunteeringConfig(AppConfig):
    """志愿服务."""

    name = "gongzhi.volunteering"
    verbose_name = "志愿服务"
