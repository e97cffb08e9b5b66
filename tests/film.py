"""Film an explorer for the README: ``python -m tests.film`` writes .github/collapse.gif (it needs Chromium)."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.lab import CHROMIUM_FLAGS, find_chromium, serve
from tests.lab_page import Lab, write

FILM = Path(__file__).resolve().parent.parent / ".github" / "collapse.gif"
MILLISECONDS = 110
KEYS = ["ArrowLeft"] * 8 + ["ArrowRight"] * 26 + ["ArrowLeft"] * 8


def frames(browser, address, folder):
    """The explorer of collapse while its variance goes down, up, and to where the signal neither dies nor explodes."""
    write(folder, "film", ["from helpers import explorers\nexplorers.collapse()"])
    lab = Lab(browser, address, "film", 1)
    lab.run_all()
    handle = lab.handle("variance σ²")
    yield lab.box().screenshot()
    for key in KEYS:
        lab.change(lambda key=key: handle.press(key))
        yield lab.box().screenshot()
    lab.change(lab.box().get_by_role("button", name="Snap to σ² = 1/n").click)
    yield lab.box().screenshot()


def main():
    """Write the film: it runs once, in less than five seconds, and ends where it should."""
    with TemporaryDirectory() as name, serve(Path(name)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        pictures = [Image.open(io.BytesIO(png)).convert("RGB") for png in frames(browser, address, Path(name))]
        browser.close()
    palette = pictures[0].quantize(32)
    first, *others = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    first.save(FILM, save_all=True, append_images=others, duration=MILLISECONDS, optimize=True)


if __name__ == "__main__":
    main()
