"""The storm in the pack is what its script makes of the published wheel."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bihuan.replay.storm import read_storm

WHEEL = "pycomlink==0.6.0"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"cannot download {WHEEL}: {done.stderr.strip()[-200:]}")
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_script_makes_the_shipped_storm_again(root: Path, wheel: Path, tmp_path: Path) -> None:
    out = tmp_path / "rain.parquet"
    subprocess.run([sys.executable, str(root / "scripts" / "extract_storm.py"), str(wheel), str(out)], check=True, timeout=300)
    made, shipped = read_storm(out), read_storm(root / "packs" / "heavy-rain" / "storm" / "rain-2018-05-13.parquet")
    assert made.towns == shipped.towns
    assert (made.start, made.step, made.no_radar) == (shipped.start, shipped.step, shipped.no_radar)
    assert np.array_equal(made.rain_mm, shipped.rain_mm)


@pytest.mark.slow
def test_another_wheel_is_refused(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(b"something else")
    command = [sys.executable, str(root / "scripts" / "extract_storm.py"), str(other), str(tmp_path / "rain.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "is not the wheel" in done.stderr
