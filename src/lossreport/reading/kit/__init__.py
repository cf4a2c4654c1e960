"""What parsers are made of: lines, rows, tables, JSON, names, settings, events."""
