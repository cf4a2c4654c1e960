"""One file a log format; each holds one PARSER."""
