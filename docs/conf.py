"""How Sphinx builds these pages; they are Markdown, and read as well on the repository's pages."""

project = "trading_assets"
author = "the trading_assets contributors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = "trading_assets"
html_static_path: list[str] = []
html_copy_source = False
html_show_sphinx = False
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nitpicky = True
