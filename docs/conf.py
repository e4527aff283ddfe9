"""Sphinx: `sphinx-build -W docs docs/_build` builds offline, with warnings as errors."""

import os
from importlib.metadata import version as installed
from importlib.util import find_spec
from pathlib import Path

project = "label-auditor"
author = "The label-auditor developers"
copyright = author
release = version = installed("label-auditor")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = "label-auditor"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_sidebars = {"**": []}

autodoc_typehints = "none"  # numpydoc's sections say more: shapes, dtypes, ranges
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_show_inherited_class_members = False
numpydoc_validation_checks = {"all", "ES01", "SA01", "EX01", "SA04", "GL01", "RT02", "YD01"}
# Made by others: attributes, no parameters.
numpydoc_validation_exclude = {
    r"LabelAudit$",
    r"CorrectionReport$",
    r"Decision$",
    r"ReviewPlan$",
    r"Estimate$",
    r"ErrorsLeft$",
    r"Records?$",
    r"UnknownLabelsError$",
    r"PushReport",
    r"PushInterruptedError$",
}
myst_heading_anchors = 3
nitpicky = False

# What an example needs in the folder of data, and to import. Where it isn't there, the example is
# shown without its output.
NEEDS = {
    "plot_ag_news": ("ag_news", []),
    "plot_transformer": ("ag_news", ["torch", "transformers", "datasets"]),
}
beside = Path(__file__).resolve().parents[2] / "shared" / "data"
data = Path(os.environ.setdefault("LABEL_AUDITOR_DATA", str(beside)))
os.environ.pop("RUBRIX_API_URL", None)  # the reviewer is simulated
run = [
    name
    for name, (folder, modules) in NEEDS.items()
    if (data / folder).exists() and all(map(find_spec, modules))
]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": rf"/({'|'.join(run) or 'none'})\.py$",
    "abort_on_example_error": True,
    "image_scrapers": (),
    "reset_modules": (),
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
}
