"""Links between files of the repository lead somewhere, also to headings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page
    for place in ("*.md", "docs/*.md", "docs/*/*.md", "examples/*.md", ".github/**/*.md")
    for page in ROOT.glob(place)
    if "_build" not in page.parts
)
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")


def anchors(page):
    """Give the anchors of the headings of a page, as MyST and GitHub make them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, anchor in LINK.findall(text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        where = (page.parent / target).resolve() if target else page
        if where.parent.name == "gallery":  # made from examples when the documentation is built
            continue
        assert where.exists(), f"{page.name} links {target}, which is not there"
        if anchor and where.suffix == ".md":
            assert anchor in anchors(where), f"{page.name} links {target}#{anchor}"


def test_pages_are_found():
    assert len(PAGES) > 30
