"""Takes secrets, people, home folders and machines out of what is quoted."""
