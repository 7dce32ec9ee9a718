"""Scripts and definitions, as Glue Studio and teams write them."""

STUDIO = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
Source_node1 = glueContext.create_dynamic_frame.from_options(
    format_options={"withHeader": True, "separator": ",", "optimizePerformance": False},
    connection_type="s3",
    format="csv",
    connection_options={"paths": ["s3://b/in/"], "recurse": True},
    transformation_ctx="Source_node1",
)
Changed_node2 = ApplyMapping.apply(frame=Source_node1, mappings=[], transformation_ctx="c")
Sink_node3 = glueContext.getSink(
    path="s3://b/out/", connection_type="s3", updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=[], enableUpdateCatalog=True, transformation_ctx="s",
)
Sink_node3.setCatalogInfo(catalogDatabase="d", catalogTableName="t")
Sink_node3.setFormat("glueparquet", compression="snappy")
Sink_node3.writeFrame(Changed_node2)
job.commit()
"""
TEMPLATE = """
Resources:
  Daily:
    Type: AWS::Glue::Job
    Properties:
      Name: !Sub "${AWS::StackName}-daily"
      Command: {Name: glueetl, ScriptLocation: !Sub "s3://${Bucket}/code/daily.py"}
      DefaultArguments:
        "--job-language": scala
        "--enable-spark-ui": true
        "--additional-python-modules": "great_expectations==0.18,Py-Thing>=2"
        "--extra-jars": !Ref Jars
        "--own": 3
"""
TERRAFORM = """{"planned_values": {"root_module": {"child_modules": [{"resources": [
  {"type": "aws_glue_job", "name": "daily", "values": {
    "name": "daily", "command": [{"name": "gluestreaming", "script_location": "s3://b/daily.py"}],
    "default_arguments": {"--enable-metrics": "true"}}}]}]}}}"""
