"""On the path of jobs with ``--enable-glue-datacatalog``: Python imports it before the script."""

import os

if "PYSPARK_GATEWAY_PORT" in os.environ:  # Spark's driver, not one of its workers
    from awsglue import spark_catalog

    spark_catalog.install()
