"""Reports made earlier: read again, told anew, taken apart, and held against later ones."""
