"""Render: a `Report` becomes HTML, Markdown or JSON."""
