"""A report on its way: as a ticket that fits its place, or sent there."""
