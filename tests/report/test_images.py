"""Thumbnails: of what people have, small enough for a page, and refused with what to do."""

import base64
import builtins
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels
from label_auditor.report import images
from label_auditor.report.images import LONGEST, SMALL, make_thumbnails, name_images

Image = pytest.importorskip("PIL.Image")


def opened(address):
    kind, data = re.fullmatch("data:image/(png|webp);base64,(.*)", address).groups()
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.format.lower() == kind
    return image


def thumbnail(image):
    (found,) = make_thumbnails([image], np.arange(1), 1)
    return opened(found)


def wave(height, width):
    """Give pixels in colour that a lossy format keeps nearly as they are."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([across, down, np.full_like(down, 90)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("of", ["path", "text", "array", "pillow"])
def test_whatever_holds_it_an_image_becomes_a_thumbnail(tmp_path, of):
    pixels = wave(300, 600)
    path = tmp_path / "a b.png"
    Image.fromarray(pixels).save(path)
    with Image.open(path) as image:
        forms = {"path": path, "text": str(path), "array": pixels, "pillow": image}
        found = thumbnail(forms[of])
    assert found.size == (LONGEST, LONGEST // 2)
    expected = Image.fromarray(pixels).resize(found.size)
    off = np.abs(np.asarray(found.convert("RGB"), int) - np.asarray(expected, int))
    assert off.mean() < 6


@pytest.mark.parametrize(
    "pixels",
    [
        np.arange(64, dtype=np.uint8).reshape(8, 8),
        np.arange(64).reshape(8, 8, 1) / 63,
        np.arange(64).reshape(8, 8) % 2 == 0,
        np.arange(8 * 8 * 4).reshape(8, 8, 4),
        np.arange(8 * 8 * 3, dtype=np.float32).reshape(8, 8, 3) / 191,
    ],
)
def test_small_arrays_stay_as_they_are(pixels):
    found = np.asarray(thumbnail(pixels))
    most = 255 if pixels.dtype.kind == "i" or pixels.dtype == np.uint8 else 1
    expected = np.rint(np.atleast_3d(pixels) * (255 / most)).astype(np.uint8)
    np.testing.assert_array_equal(found, np.broadcast_to(expected, found.shape))


def test_modes_that_browsers_do_not_have_are_simplified():
    deep = Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 900)
    assert np.asarray(thumbnail(deep))[[0, -1], [0, -1], 0].tolist() == [0, 255]
    assert thumbnail(Image.new("CMYK", (9, 9))).mode == "RGB"
    clear = Image.new("P", (80, 80))
    clear.info["transparency"] = 0
    assert thumbnail(clear).mode == "RGBA"


def test_photos_are_turned_as_the_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    Image.fromarray(wave(20, 40)).save(tmp_path / "a.jpg", exif=exif)
    assert thumbnail(tmp_path / "a.jpg").size == (20, 40)


@pytest.mark.parametrize("container", [list, pd.Series, tuple, np.array])
def test_rows_in_their_order_and_rows_without_an_image(container):
    shades = [np.full((4, 4), shade, np.uint8) for shade in (10, 20, 30)]
    if container is not np.array:
        shades[1] = None
    found = make_thumbnails(container(shades), np.array([2, 1, 0]), 3)
    assert np.asarray(opened(found[0]))[0, 0].max() == 30
    assert np.asarray(opened(found[2]))[0, 0].max() == 10
    assert (found[1] is None) == (container is not np.array)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (["/no/such.png"], ValueError, "images has '/no/such.png' in row 0, which can't be read"),
        ([__file__], ValueError, "which can't be read .*pass None where a row has no image"),
        ([np.full((8, 8), 16.0)], ValueError, "row 0: the array holds float64 from 16.0 to 16.0"),
        ([np.full((8, 8), np.nan)], ValueError, "from nan to nan, but integers"),
        ([np.full((8, 8), -1)], ValueError, "int64 from -1 to -1"),
        ([np.zeros((3, 8, 8))], ValueError, r"shape \(3, 8, 8\).* move the axes of colours last"),
        ([np.zeros((0, 8))], ValueError, r"the array has shape \(0, 8\)"),
        ([{"bytes": b""}], TypeError, "row 0: .* is a dict; pass a path, an array"),
        ("photos/", TypeError, "images is a str; pass a sequence"),
        (iter([]), TypeError, "pass a sequence with an image for each row"),
        ([None, None], ValueError, "images has 2 values but 1 labels"),
    ],
)
def test_what_is_no_image_is_refused(bad, error, message):
    with pytest.raises(error, match=message):
        make_thumbnails(bad, np.arange(1), 1)


def test_too_much_for_a_page_is_refused_as_soon_as_it_is_known(monkeypatch):
    monkeypatch.setattr(images, "MOST_BYTES", 1000)
    monkeypatch.setattr(images, "AT_A_TIME", 4)
    shades = [np.full((4, 4), shade, np.uint8) for shade in range(12)]
    message = "thumbnails of 12 of the 12 rows .*may hold 0 MB of them; pass max_rows=8, or fewer"
    with pytest.raises(ValueError, match=message):
        make_thumbnails(shades, np.arange(12), 12)
    assert len(make_thumbnails(shades, np.arange(8), 12)) == 8


def test_without_pillow_it_is_said_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install 'label-auditor\[images\]'"):
        make_thumbnails([None], np.arange(1), 1)


def test_the_page_holds_them_in_its_order_and_names_of_files_are_its_texts(tmp_path):
    audit = audit_labels([0, 0, 1, 1], np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]))
    paths = [tmp_path / f"{i}.png" for i in range(4)]
    for i, path in enumerate(paths):
        Image.fromarray(np.full((SMALL, SMALL), 10 * i, np.uint8)).save(path)
    page = audit.to_html(tmp_path / "r.html", images=paths)
    text = re.search('id="data">(.*?)</script>', Path(page).read_text("utf-8"), re.DOTALL)[1]
    data = json.loads(text)
    shades = [np.asarray(opened(each)).max() // 10 for each in data["images"]]
    assert [str(shade) for shade in shades] == data["rows"]["ids"]
    assert data["rows"]["texts"] == [[str(paths[shade]) for shade in shades]]
    assert name_images([None, paths[0], np.zeros(3)]) == ["", str(paths[0]), ""]
    with pytest.raises(TypeError, match="inputs is a NoneType"):
        audit.to_html(tmp_path / "r.html")
