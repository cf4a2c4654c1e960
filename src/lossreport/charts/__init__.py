"""Charts: a `ChartSpec` becomes SVG. The only room that knows matplotlib."""
