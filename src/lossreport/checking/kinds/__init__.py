"""How each kind of finding is checked: one file a family, each holding one CHECK."""
