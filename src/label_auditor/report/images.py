"""Thumbnails of images, as text that the review page holds. They need Pillow."""

from __future__ import annotations

import base64
import io
import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.naming import check_length
from label_auditor.export.columns import take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# The longer side of a thumbnail, in pixels. Images that are no larger than SMALL stay as they are.
LONGEST, SMALL = 256, 64
QUALITY = 75
# A browser still opens a page of this size with ease.
MOST_BYTES = 200_000_000
AT_A_TIME = 512


def make_thumbnails(images: Any, rows: NDArray[np.intp], n: int) -> list[str | None]:
    """Make thumbnails of the images of some rows, as addresses that hold all of the data.

    Parameters
    ----------
    images : sequence of length n
        A path, an array of shape (height, width) or (height, width, 1, 3 or 4), or an image of
        Pillow for each row; None where there is none. Arrays hold integers from 0 to 255 or floats
        from 0 to 1.
    rows : ndarray of int
        The rows.
    n : int
        How many rows the audit has.

    Returns
    -------
    list of str or None
        By row: WebP of at most `LONGEST` pixels a side, or PNG where an image is `SMALL`.

    Raises
    ------
    ImportError
        If Pillow isn't installed.
    ValueError, TypeError
        If there is not one image for each row, one can't be read, or all of them are too large for
        a page.
    """
    _import_pillow()
    if isinstance(images, str | os.PathLike) or not hasattr(images, "__len__"):
        raise TypeError(
            f"images is a {type(images).__name__}; pass a sequence with an image for each row: "
            "paths, arrays or images of Pillow, and None where a row has none."
        )
    check_length("images", len(images), n)
    found: list[str | None] = []
    size = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(rows), AT_A_TIME):
            some = rows[start : start + AT_A_TIME]
            found += threads.map(_thumbnail, _take(images, some), some.tolist())
            size += sum(len(each) for each in found[start:] if each is not None)
            if size > MOST_BYTES:
                raise ValueError(
                    f"images: the thumbnails of {len(found):,} of the {len(rows):,} rows of the "
                    f"page take {size / 1e6:,.0f} MB, and a page may hold "
                    f"{MOST_BYTES / 1e6:,.0f} MB of them; pass max_rows={start:d}, or fewer."
                )
    return found


def name_images(images: Sequence[Any]) -> list[str]:
    """Give the path of each image as a text; an empty one for an image without a path."""
    return [os.fspath(each) if isinstance(each, str | os.PathLike) else "" for each in images]


def _take(images: Any, rows: NDArray[np.intp]) -> list[Any]:
    """Give the images of some rows."""
    if hasattr(images, "iloc") or isinstance(images, np.ndarray):
        return take(images, rows)
    return [images[row] for row in rows.tolist()]


def _import_pillow() -> None:
    """Import Pillow, or say how to install it."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "images need the package Pillow: pip install 'label-auditor[images]'."
        ) from error


def _thumbnail(image: Any, row: int) -> str | None:
    """Make the thumbnail of an image."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if image is None or (isinstance(image, float) and math.isnan(image)):
        return None
    try:
        if isinstance(image, str | os.PathLike):
            with Image.open(image) as opened:
                opened.draft("RGB", (LONGEST, LONGEST))  # JPEG is decoded at a smaller size
                shown = ImageOps.exif_transpose(opened)
        elif isinstance(image, Image.Image):
            shown = ImageOps.exif_transpose(image)
        else:
            shown = Image.fromarray(_as_bytes(image))
        return _encode(_simplify(shown))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"images has {image!r:.200} in row {row}, which can't be read ({error}); pass None "
            "where a row has no image."
        ) from error
    except TypeError as error:
        raise TypeError(f"images, row {row}: {error}") from error
    except ValueError as error:
        raise ValueError(f"images, row {row}: {error}") from error


def _as_bytes(image: Any) -> NDArray[np.uint8]:
    """Give an array as Pillow takes it."""
    pixels = np.asarray(image)
    if pixels.dtype.kind not in "biuf":
        raise TypeError(
            f"{image!r:.60} is a {type(image).__name__}; pass a path, an array of numbers, an "
            "image of Pillow, or None."
        )
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if 0 in pixels.shape or not (
        pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    ):
        raise ValueError(
            f"the array has shape {pixels.shape}, but (height, width) or (height, width, 3) is "
            "needed, with 4 in place of 3 if there is transparency; move the axes of colours last."
        )
    most = 255 if pixels.dtype.kind in "iu" else 1
    if not (pixels.min() >= 0 and pixels.max() <= most):  # NaN is neither
        raise ValueError(
            f"the array holds {pixels.dtype} from {pixels.min()} to {pixels.max()}, but integers "
            "from 0 to 255 or floats from 0 to 1 are needed; scale it."
        )
    return np.rint(pixels * (255 / most)).astype(np.uint8)


def _simplify(image: Any) -> Any:
    """Give an image in one of the modes that browsers know."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):  # 16 or 32 bits a pixel, without a colour
        pixels = np.asarray(image, dtype=float)
        low, high = pixels.min(), pixels.max()
        scaled = (pixels - low) / ((high - low) or 1)
        return Image.fromarray(_as_bytes(scaled)).convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _encode(image: Any) -> str:
    """Give an image as an address that holds it."""
    file = io.BytesIO()
    kind = "png" if max(image.size) <= SMALL else "webp"
    image.thumbnail((LONGEST, LONGEST))
    image.save(file, kind, quality=QUALITY, method=2)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
