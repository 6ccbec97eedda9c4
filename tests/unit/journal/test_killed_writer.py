"""What was acknowledged survives kill -9 at any moment, once. BIHUAN_KILLS says how many times to try."""

import os
import random
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
from journal_samples import a_batch
from killed_writer import Writer

import bihuan
from bihuan.journal.verify import verify_folder
from bihuan.model.facts import ReadingsReceived

KILLS = int(os.environ.get("BIHUAN_KILLS", "5"))


def live_and_die(folder: Path, seconds: float) -> dict[str, int]:
    """Run the writer, kill it `seconds` after it is ready, and answer the last it promised."""
    script = Path(__file__).with_name("killed_writer.py")
    paths = os.pathsep.join([str(Path(bihuan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(script), str(folder)]
    promised = {"taken": 0, "written": 0}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        for line in process.stdout:
            what, number = line.split()
            promised[what] = int(number)
        timer.join()
    assert process.returncode == -9
    return promised


def check(folder: Path, promised: dict[str, int]) -> None:
    """Everything promised is there; after mending, every batch has one receipt and every row is once in the history."""
    assert verify_folder(folder).entries >= promised["written"]
    writer = Writer(folder)
    with closing(writer.intake), closing(writer.journal):
        assert writer.intake.last >= promised["taken"]
        writer.mend()
        writer.history.flush()
        digests = [a_batch(number).digest for number in range(1, writer.intake.last + 1)]
        assert [batch.digest for _, batch in writer.intake.read()] == digests
        bodies = [entry.fact.body for entry in writer.journal.read(kind="readings-received")]
        receipts = [(body.entry, body.digest) for body in bodies if isinstance(body, ReadingsReceived)]
        assert receipts == list(enumerate(digests, 1))
        rows = sum(pq.read_metadata(path).num_rows for path in (folder / "history").rglob("*.parquet"))
        assert rows == 3 * writer.intake.last
    verify_folder(folder)


def test_nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed(tmp_path: Path) -> None:
    moments = random.Random(20180513)
    promised = {"taken": 0, "written": 0}
    for _ in range(KILLS):
        said = live_and_die(tmp_path, moments.uniform(0.01, 0.25))
        promised = {what: max(promised[what], said[what]) for what in said}
        check(tmp_path, promised)
    assert promised["taken"] > KILLS
