"""One file a kind of loss or metric; each holds one LOSS."""
