"""The stranger's tests are run by theirs, not by this project's pytest."""

collect_ignore = ["repository"]
