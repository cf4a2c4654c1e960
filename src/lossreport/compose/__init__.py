"""Compose: an `Analysis` becomes a `Report` of blocks, without markup."""
