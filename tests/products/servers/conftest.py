"""These files are run by tests, some in venvs of their own: none is a test."""

collect_ignore_glob = ["*"]
