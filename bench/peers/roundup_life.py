"""Roundup: a ticket created, assigned, resolved and closed, each step committed. `python roundup_life.py FOLDER LIVES`."""

import json
import subprocess
import sys
import time
from pathlib import Path

SETTINGS = "mail_domain=localhost,mail_host=localhost,tracker_web=http://localhost/"


def tracker(home: Path) -> None:
    """The classic tracker on SQLite, as its own tool makes it."""
    admin = Path(sys.executable).with_name("roundup-admin")
    for words in (("install", "classic", "sqlite", SETTINGS), ("initialise", "bench")):
        said = subprocess.run([admin, "-i", home, *words], capture_output=True, text=True, check=False)
        if said.returncode:
            raise SystemExit(said.stderr or said.stdout)


def main() -> None:
    home, lives = Path(sys.argv[1]) / "roundup", int(sys.argv[2])
    tracker(home)
    from roundup import instance

    db = instance.open(str(home)).open("admin")
    for number in range(lives + lives // 10):
        if number == lives // 10:
            wall, cpu = time.perf_counter(), time.process_time()
        ticket = db.issue.create(title=f"broken road {number}", status=db.status.lookup("unread"))
        db.commit()
        for change in (
            {"assignedto": db.user.lookup("admin")},
            {"status": db.status.lookup("resolved")},
            {"status": db.status.lookup("done-cbb")},
        ):
            db.issue.set(ticket, **change)
            db.commit()
    print(json.dumps({"lives": lives, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
    db.close()


if __name__ == "__main__":
    main()
