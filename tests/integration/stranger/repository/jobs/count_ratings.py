import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

arguments = getResolvedOptions(sys.argv, ["database", "table", "output"])
glue = GlueContext(SparkContext.getOrCreate())
ratings = glue.create_dynamic_frame.from_catalog(
    database=arguments["database"], table_name=arguments["table"]
).toDF()
ratings.groupBy("film").count().coalesce(1).write.json(arguments["output"])
