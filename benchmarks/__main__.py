"""Run all benchmarks and print their tables: ``python -m benchmarks`` or ``make bench``."""

from benchmarks import simulation, slider_to_pixels

if __name__ == "__main__":
    simulation.main()
    print()
    slider_to_pixels.main()
