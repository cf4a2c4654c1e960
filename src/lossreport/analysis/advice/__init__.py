"""One file a piece of advice; each holds one ADVICE."""
