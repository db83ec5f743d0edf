"""How sets and their files come and go: mirrors, downloads that resume, and a store that others pull from."""
