"""Glue: the Data Catalog, crawlers and jobs."""
