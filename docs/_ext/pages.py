"""Warn of pages without a title and of tutorials without output, so that `-W` fails."""

from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)


def warn_of_poor_pages(app, environment):
    """Warn of pages without a title, of tutorials without output, and of an empty gallery."""
    for page in sorted(environment.found_docs):
        title = environment.titles[page].astext()
        if not title or title.startswith("<"):
            logger.warning("The page has no title.", location=page)
    tutorials = sorted(Path(app.srcdir, "gallery").glob("plot_*.rst"))
    if not tutorials:
        logger.warning("The gallery has no tutorial.")
    for tutorial in tutorials:
        text = tutorial.read_text("utf-8")
        if "sphx-glr-script-out" not in text or "sphx-glr-single-img" not in text:
            logger.warning(
                "The tutorial has no output, or no picture.", location=f"gallery/{tutorial.stem}"
            )


def setup(app):
    """Check the pages when all of them have been read."""
    app.connect("env-check-consistency", warn_of_poor_pages)
    return {"parallel_read_safe": True}
