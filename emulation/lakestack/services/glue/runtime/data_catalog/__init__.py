"""A folder for the path of jobs whose Spark SQL shall see the Data Catalog."""
