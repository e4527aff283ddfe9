"""Images on the page: only those on show are pictures, and nothing is asked for elsewhere."""

import numpy as np
import pytest

from label_auditor import audit_labels

pytest.importorskip("PIL", reason="Pillow is not installed")
N = 60


@pytest.fixture(scope="module")
def shades():
    """Audit 60 images of two shades; the last has none."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, N)
    probability = np.where(labels, 0.8, 0.2) + rng.uniform(-0.19, 0.19, N)
    probability[:3] = 1 - probability[:3]
    images = [np.full((90, 120), 40 + 160 * label, np.uint8) for label in labels]
    images[-1] = None
    return audit_labels(labels, np.column_stack([1 - probability, probability])), images


def test_the_image_of_the_row_is_shown_and_those_of_the_list_wait(open_page, shades):
    audit, images = shades
    page = open_page(audit, None, images=images)
    for row in audit.ranked[:2]:
        picture = page.locator("#texts img")
        assert picture.get_attribute("alt") == f"Image of row {row}"
        picture.evaluate("(image) => image.decode()")
        assert picture.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [120, 90]
        assert page.locator("#texts .text").count() == 0  # nothing to read
        page.keyboard.press("n")
    listed = page.locator("#list img")
    assert listed.count() >= 49  # a page of the list, not all rows
    assert set(listed.evaluate_all("all => all.map((e) => e.loading)")) == {"lazy"}
    assert "MB of images" in page.locator(".tile").first.inner_text()
    page.locator("#search").fill(f"{N - 1}")
    page.locator("#list button", has_text=f"{N - 1}").click()
    assert page.locator("#texts").inner_text().startswith("no image")


@pytest.mark.parametrize("width", [320, 1360])
def test_images_and_texts_fit_any_screen(open_page, shades, width):
    audit, images = shades
    tall = [image if image is None else np.repeat(image, 9, axis=0) for image in images]
    page = open_page(
        audit, ["a caption"] * N, images=tall, viewport={"width": width, "height": 700}
    )
    page.locator("#texts img").evaluate("(image) => image.decode()")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#texts img").bounding_box()["height"] < 350
    assert page.locator("#texts .text").inner_text() == "a caption"
