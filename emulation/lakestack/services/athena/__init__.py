"""Amazon Athena: queries over the tables of Glue's Data Catalog and the objects of S3."""
