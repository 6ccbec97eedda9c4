"""django-helpdesk: a ticket created, assigned, resolved and closed by its own `update_ticket`, each step committed.

`python helpdesk_life.py FOLDER LIVES`.
"""

import json
import sys
import time
from pathlib import Path

urlpatterns: list[object] = []
"""Filled once Django is set up: the ticket's mails link to pages."""


def configure(folder: Path) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY="bench",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SITE_ID=1,
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "sites", "humanize", "messages", "admin")
        ]
        + ["rest_framework", "helpdesk"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "helpdesk.sqlite"),
                "OPTIONS": {"init_command": "pragma journal_mode = wal; pragma synchronous = full;"},
            }
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        HELPDESK_TEAMS_MIGRATION_DEPENDENCIES=[],
    )
    django.setup()
    from django.urls import include, path

    urlpatterns.append(path("", include("helpdesk.urls", namespace="helpdesk")))
    call_command("migrate", verbosity=0)


def main() -> None:
    folder, lives = Path(sys.argv[1]), int(sys.argv[2])
    configure(folder)
    from django.contrib.auth.models import User
    from helpdesk.models import Queue, Ticket
    from helpdesk.update_ticket import update_ticket

    user = User.objects.create(username="duty", is_staff=True)
    queue = Queue.objects.create(title="roads", slug="roads")
    for number in range(lives + lives // 10):
        if number == lives // 10:
            wall, cpu = time.perf_counter(), time.process_time()
        ticket = Ticket.objects.create(queue=queue, title=f"broken road {number}", status=Ticket.OPEN_STATUS)
        for change in ({"owner": user.id}, {"new_status": Ticket.RESOLVED_STATUS}, {"new_status": Ticket.CLOSED_STATUS}):
            update_ticket(user, ticket, comment="as it should be", **change)
    print(json.dumps({"lives": lives, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main()
