"""Sphinx: Markdown pages and numpydoc docstrings, a theme that ships with Sphinx, no network."""

from __future__ import annotations

from simeq import __version__

project = "simeq"
author = "The simeq developers"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build", "**/README.md"]
suppress_warnings = ["toc.empty_glob"]

# Formulas are Unicode text in code font: they read the same in an editor, offline and on paper.
myst_heading_anchors = 3
default_role = "py:obj"
highlight_language = "none"
trim_doctest_flags = True

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 72
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "alabaster"
html_title = f"simeq {release}"
html_static_path = ["_static"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {"**": ["about.html", "searchbox.html", "navigation.html"]}
html_theme_options = {
    "description": "Systems of simultaneous equations from formula strings",
    "page_width": "1100px",
    "sidebar_width": "240px",
    "fixed_sidebar": False,
    "sidebar_collapse": False,
    "show_powered_by": False,
    "font_family": "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
    "head_font_family": "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
    "code_font_size": "0.86em",
}
