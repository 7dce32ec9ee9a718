"""On the path of each Glue job: Python imports it before the script, and in Spark's workers."""

import os

from awsglue import import_hooks

import_hooks.install()
if "PYSPARK_GATEWAY_PORT" in os.environ:  # Spark's driver, not one of its workers
    from awsglue import partition_overwrite, redshift_source
    from awsglue.streaming import hooks

    partition_overwrite.install()
    hooks.install()
    redshift_source.install()
    if "hudi" in os.environ.get("LAKE_TABLE_FORMATS", ""):  # of jobs with --datalake-formats
        from awsglue import hudi_sync

        hudi_sync.install()
    if os.environ.get("LAKE_DATA_CATALOG"):  # of jobs with --enable-glue-datacatalog
        from awsglue import catalog_hooks

        catalog_hooks.install()
