"""How runs of the benchmarks are compared: by ratios within a run."""

import sys

import pytest

from benchmarks import measurement
from benchmarks.measurement import Measurement, in_turns, last, ratios, read, store, table
from benchmarks.start import _megabytes

RUN = [
    Measurement("floor", 40.0, "ms"),
    Measurement("ours", 60.0, "ms", "floor"),
    Measurement("rate of the floor", 40.0, "pictures/s"),
    Measurement("rate of ours", 10.0, "pictures/s", "rate of the floor"),
]


def scaled(factor):
    """The run on a machine that takes `factor` times as long."""
    return [Measurement(m.name, m.value * factor ** (1 if m.unit == "ms" else -1), m.unit, m.yardstick) for m in RUN]


def test_more_is_always_worse():
    assert ratios(RUN) == {"ours": 1.5, "rate of ours": 4.0}


def test_a_slower_machine_changes_no_ratio_and_a_slower_program_does():
    assert "slower" not in table(scaled(3), RUN)
    late = [Measurement("ours", 100.0, "ms", "floor") if m.name == "ours" else m for m in scaled(1)]
    (line,) = [line for line in table(late, RUN).splitlines() if "slower" in line]
    assert line.split() == ["ours", "100", "ms", "2.50x", "floor", "1.67", "slower"]
    assert "slower" not in table(late, [])


def test_what_is_compared_takes_turns():
    """A machine that gets slower and slower does not change a ratio much."""
    seconds = iter(range(100, 200))
    found = in_turns({"floor": lambda: next(seconds), "ours": lambda: 2 * next(seconds)}, 3)
    assert found == {"floor": [100, 102, 104], "ours": [202, 206, 210]}


def test_a_stored_run_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(measurement, "RESULTS", tmp_path / "results")
    assert last() is None
    path = store(RUN)
    assert last() == path
    assert read(path) == RUN
    (tmp_path / "results" / "1999-12-31.csv").write_text("", encoding="utf-8")
    assert last() == path


def test_stored_runs_name_yardsticks_that_they_hold():
    for path in measurement.RESULTS.glob("*.csv"):
        assert ratios(read(path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts memory in another way")
def test_memory_is_that_of_the_code_and_not_of_what_started_it():
    here = bytearray(300_000_000)
    little, much = _megabytes("pass"), _megabytes("held = bytearray(100_000_000)")
    assert little < 100 < len(here) / 1e6
    assert much - little == pytest.approx(100, abs=5)
