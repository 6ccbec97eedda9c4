"""`bihuan explain`, `bihuan audit`, `bihuan journal verify`: looking at a data folder without changing it."""

import argparse
import sys
from pathlib import Path

import msgspec

from bihuan.app.folder import DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.journal.verify import verify_folder
from bihuan.model.facts import CaseImported
from bihuan.model.times import iso
from bihuan.views import NotFound, Views
from bihuan.views.audit import audit as hold_against_laws
from bihuan.views.sentences import sentence


def verify(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    folder.about()
    report = verify_folder(folder.journal)
    print(f"{report.entries} entries, in order and unaltered")
    print(f"{report.checkpoints} signed checkpoints hold, the last at entry {report.checkpointed}")
    print(f"head {report.head}")
    print(f"root {report.root}")
    return 0


def _claimed(folder: DataFolder, views: Views, id: str, lang: str) -> bool:
    """What the journal has of a case of a foreign log; views do not keep those."""
    found = False
    for fact in folder.facts():
        if isinstance(fact.body, CaseImported) and id in (fact.id, fact.subject):
            found = True
            print(getattr(sentence(views.known.speech, fact), lang))
            print(f"{fact.id} {fact.kind} by {fact.actor}, because {', '.join(fact.because)}")
            print(msgspec.json.format(msgspec.json.encode(fact.body)).decode())
    return found


def explain(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    rules = rules_of(folder.about().packs, folder.about().began)
    views = folder.views(rules)
    lang = arguments.lang
    try:
        story = views.explain(arguments.id)
    except NotFound:
        if not _claimed(folder, views, arguments.id, lang):
            raise
        return 0
    print(getattr(story.text, lang))
    for link in story.chain:
        stage = f"{link.stage or 'people':9}"
        print(f"\n{iso(link.at, rules.zone)}  {stage}  {getattr(link.text, lang)}")
        print(
            f"{'':27}{link.id} {link.kind} by {link.actor}" + (f", because {', '.join(link.because)}" if link.because else "")
        )
        for row in link.detail:
            print(f"{'':27}{getattr(row.label, lang)}: {getattr(row.value, lang)}")
    return 0


def audit(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    rules = rules_of(folder.about().packs, folder.about().began)
    checks = hold_against_laws(rules, folder.facts())
    for check in checks:
        print(f"{'holds ' if check.holds else 'BROKEN'} {check.what}: {check.detail}")
    broken = sum(not check.holds for check in checks)
    print(f"{len(checks) - broken} of {len(checks)} laws hold", file=sys.stderr if broken else sys.stdout)
    return 1 if broken else 0
