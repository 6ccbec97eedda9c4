"""The office as Django sees it."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "bihuan.office"
    label = "office"
    verbose_name = "值班 / Posts"
