"""JupyterLab and a browser for the tests that need them."""

import os
from functools import partial

import pytest
from hypothesis import settings

from benchmarks.lab import CHROMIUM_FLAGS, find_chromium, serve
from tests.lab_page import Lab
from tests.reader import NOTEBOOKS, Reader

# Seconds are no promise (machines differ), and a test that fails shall fail again.
settings.register_profile("series", deadline=None, derandomize=True)
settings.load_profile("series")


LONGEST = ["test_browser_notebooks.py", "test_explorers.py", "test_browser.py", "test_notebooks.py"]


def pytest_collection_modifyitems(items):
    """Where files run side by side, those that take longest begin."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """Serve a fresh folder in JupyterLab; yield (address, folder)."""
    folder = tmp_path_factory.mktemp("lab")
    with serve(folder) as address:
        yield address, folder


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; where there is none the tests are skipped, or fail if REQUIRE_BROWSER is set."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, but no Chromium or Chrome was found (set CHROMIUM to its path)")
        pytest.skip("no Chromium or Chrome found (set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def reader(request, browser, jupyterlab):
    """Each notebook in turn, under a new name each time: first it shows what was stored; then all its cells run."""
    address, folder = jupyterlab
    reader = Reader(partial(Lab, browser, address), folder, request.param)
    reader.page.wait_for_function(
        """alts => {
            const shown = [...document.querySelectorAll('.jp-OutputArea-output img')].map((image) => image.alt);
            return alts.every((alt) => shown.includes(alt));
        }""",
        arg=list(reader.explorers.values()),
    )
    assert reader.page.locator(".wim-box").count() == 0
    reader.lab.run_all()
    yield reader
    reader.lab.context.close()
