"""What is kept beyond a single run: the transparency log of plans and reports."""
