"""Reports made earlier: read again from their JSON, told anew, and held against later ones."""
