"""Run all benchmarks, print one table and store it: ``python -m benchmarks`` or ``make bench``."""

from benchmarks import notebooks, simulation, slider_to_pixels, start
from benchmarks.measurement import last, read, store, table

if __name__ == "__main__":
    before = last()
    found = [each for module in (slider_to_pixels, simulation, start, notebooks) for each in module.measure()]
    print(table(found, read(before) if before else []))
    print(f"last run: {before.stem if before else 'none'}; stored as {store(found)}")
