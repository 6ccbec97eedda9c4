"""What the office keeps: who has which post. Units are the packs', not rows here."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from bihuan.office.start import running

KINDS = {"duty": "值班 / duty", "crew": "处置 / crew", "checker": "核查 / checker"}
"""Kinds of post: who answers for a unit, who does its tasks, who checks the work of others."""


class Post(models.Model):
    """An account may act as `kind@unit`."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    kind = models.CharField(max_length=16, choices=list(KINDS.items()), default="duty")
    unit = models.CharField(max_length=80, help_text="500101, 500101001, 500101.drainage")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("account", "kind", "unit"), name="a_post_is_held_once"),)
        verbose_name = "岗位 / post"
        verbose_name_plural = "岗位 / posts"

    def __str__(self) -> str:
        return f"{self.kind}@{self.unit}"

    def clean(self) -> None:
        if running().gate.unit(self.unit) is None:
            raise ValidationError(f"没有 {self.unit} 这个单位。No pack has a unit '{self.unit}'.")
