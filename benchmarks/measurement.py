"""What a benchmark returns, the table of all, and the dated files that a run is compared against.

Seconds are not comparable from one machine or minute to another. So each measurement names a yardstick with which it
takes turns, and what is compared with the last run is their ratio.
"""

import csv
import datetime
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

RESULTS = Path(__file__).parent / "results"
T = TypeVar("T")
NOTED = 1.25  # a ratio that has grown by more than this is marked


@dataclass(frozen=True)
class Measurement:
    """A value with its unit, and the name of the measurement that it is to be seen against (none: it is one)."""

    name: str
    value: float
    unit: str
    yardstick: str = ""


def in_turns(ways: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """What each way measures, round by round: the machine's slow minutes meet all of them alike."""
    found: dict[str, list[T]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return found


def ratios(measurements: Iterable[Measurement]) -> dict[str, float]:
    """Each measurement that has a yardstick, divided by it (rates the other way round: more is worse)."""
    found = {each.name: each for each in measurements}
    measured = {name: (each.value, found[each.yardstick].value) for name, each in found.items() if each.yardstick}
    return {
        name: other / value if found[name].unit.endswith("/s") else value / other
        for name, (value, other) in measured.items()
    }


def read(path: Path) -> list[Measurement]:
    """The measurements of a stored run."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [Measurement(row["name"], float(row["value"]), row["unit"], row["yardstick"]) for row in rows]


def last() -> Path | None:
    """The latest run that is stored."""
    return max(RESULTS.glob("*.csv"), default=None)


def store(measurements: Iterable[Measurement]) -> Path:
    """Write a run into the file of today."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.date.today()}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {platform.system()} {platform.machine()}, Python {platform.python_version()}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "value", "unit", "yardstick"])
        writer.writerows([each.name, f"{each.value:.4g}", each.unit, each.yardstick] for each in measurements)
    return path


def table(measurements: list[Measurement], before: list[Measurement]) -> str:
    """One line for each measurement: its value, its ratio to the yardstick, and that ratio over the last run's."""
    now, then = ratios(measurements), ratios(before)
    lines = [f"{'':<46} {'value':>9}          {'ratio':>7}  against{'':<42} {'now/last':>8}"]
    for each in measurements:
        line = f"{each.name:<46} {each.value:>9.4g} {each.unit:<9}"
        if each.name in now:
            line += f"{now[each.name]:>7.2f}x  {each.yardstick:<48}"
            if each.name in then:
                change = now[each.name] / then[each.name]
                line += f" {change:>8.2f}{' slower' if change > NOTED else ''}"
        lines.append(line.rstrip())
    return "\n".join(lines)
