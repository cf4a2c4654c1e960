"""What a kind of loss means: its unit, its chance level, its references."""
