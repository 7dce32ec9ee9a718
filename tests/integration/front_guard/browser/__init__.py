"""A real browser with a hostile page, and servers to put the page on any origin."""
