"""Settings of the benchmark of figures: the network, the engine, and the test room that its records live in."""

from gongzhi.config.settings.dev import *  # noqa: F403

INSTALLED_APPS = ["gongzhi.figures.tests.bookroom", *INSTALLED_APPS]  # noqa: F405
