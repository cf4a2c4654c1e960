"""One file a section of the report; each holds one SECTION."""
