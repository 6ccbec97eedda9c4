"""Posts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("duty", "值班 / duty"), ("crew", "处置 / crew"), ("checker", "核查 / checker")],
                        default="duty",
                        max_length=16,
                    ),
                ),
                ("unit", models.CharField(help_text="500101, 500101001, 500101.drainage", max_length=80)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="posts", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "岗位 / post",
                "verbose_name_plural": "岗位 / posts",
                "ordering": ("id",),
                "constraints": [models.UniqueConstraint(fields=("account", "kind", "unit"), name="a_post_is_held_once")],
            },
        ),
    ]
