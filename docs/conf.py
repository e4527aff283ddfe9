"""Sphinx: `sphinx-build -W docs docs/_build` builds offline, with warnings as errors."""

import sys
import tempfile
import zlib
from importlib.metadata import version as installed
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "_ext"))

project = "label-auditor"
author = "The label-auditor developers"
copyright = author
release = version = installed("label-auditor")

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "pages",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "inventories", "figures"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = f"label-auditor {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "header_links_before_dropdown": 7,
    "logo": {"text": "label-auditor"},
    "navigation_with_keys": False,
    "show_prev_next": False,
}
html_sidebars = {"index": [], "getting_started": []}
html_copy_source = html_show_sourcelink = False

myst_enable_extensions = ["colon_fence"]
plot_basedir = str(HERE / "figures")
plot_working_directory = str(HERE.parent)
plot_formats = [("png", 150)]
plot_html_show_formats = plot_html_show_source_link = False
plot_rcparams = {"figure.figsize": (7.5, 3.4), "font.size": 10, "savefig.bbox": "tight"}

autodoc_typehints = "none"  # numpydoc's sections say more: shapes, dtypes, ranges
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_show_inherited_class_members = False
numpydoc_validation_checks = {"all", "ES01", "SA01", "EX01", "SA04", "GL01", "RT02", "YD01"}
# Made by others: attributes, no parameters.
numpydoc_validation_exclude = {
    r"LabelAudit$",
    r"AnnotatorAudit$",
    r"Evidence$",
    r"Neighbors$",
    r"Words$",
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
numpydoc_xref_param_type = True
numpydoc_xref_aliases = {
    "DataFrame": "pandas.DataFrame",
    "Series": "pandas.Series",
    "csr_array": "scipy.sparse.csr_array",
    "ndarray": "numpy.ndarray",
    "path": "pathlib.Path",
}
# Words of descriptions, which are the names of no class.
numpydoc_xref_ignore = {"of", "or", "shape", "default", "classifier", "labels"}
myst_heading_anchors = 4
nitpicky = False

# Names of other projects, from lists that are kept here: no network is needed.
SITES = {
    "joblib": "https://joblib.readthedocs.io/en/stable/",
    "numpy": "https://numpy.org/doc/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "python": "https://docs.python.org/3/",
    "scikit-learn": "https://scikit-learn.org/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
}


def inventory(name):
    """Write the list of a project in the compressed form that Sphinx reads, and give its path."""
    head = f"# Sphinx inventory version 2\n# Project: {name}\n# Version: \n# compressed by zlib\n"
    text = (HERE / "inventories" / f"{name}.txt").read_bytes()
    path = Path(tempfile.mkdtemp()) / f"{name}.inv"
    path.write_bytes(head.encode() + zlib.compress(text))
    return str(path)


intersphinx_mapping = {name: (site, inventory(name)) for name, site in SITES.items()}

# The tutorial with a transformer needs packages that are large. Without them, it is left out.
LARGE = ["torch", "transformers", "datasets", "all_minilm_l6_v2"]
left_out = [] if all(map(find_spec, LARGE)) else ["plot_transformer"]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "ignore_pattern": "|".join(left_out) or "$none",
    "abort_on_example_error": True,
    "image_scrapers": ("matplotlib",),
    "plot_gallery": True,
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": ("_repr_html_",),
    "reset_modules": (),
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
}
