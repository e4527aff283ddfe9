"""Sphinx: `sphinx-build -W docs docs/_build` builds offline, with warnings as errors."""

from importlib.metadata import version as installed

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
numpydoc_validation_exclude = {r"LabelAudit$"}  # made by others: attributes, no parameters
myst_heading_anchors = 3
nitpicky = False
