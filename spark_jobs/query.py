"""Glue job: the answer to one SQL query on the Data Catalog's tables, as one JSON object in S3.

Each table that the query names is read as Glue reads it, files and DynamoDB alike, and is a view of
its name. Arguments: ``bucket``, ``database``, ``query_key`` of the object with the text,
``answer_key``, ``limit`` of rows.
"""

from __future__ import annotations

import json
import re
import sys

import boto3
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark import SparkContext


def main() -> None:
    """Answer the query."""
    names = ["bucket", "database", "query_key", "answer_key", "limit"]
    given = getResolvedOptions(sys.argv, names)
    s3, glue = boto3.client("s3"), boto3.client("glue")
    body = s3.get_object(Bucket=given["bucket"], Key=given["query_key"])["Body"]
    query = body.read().decode("utf-8")
    context = GlueContext(SparkContext.getOrCreate())
    spark = context.spark_session
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=given["database"])
    for table in (table for page in pages for table in page["TableList"]):
        name = table["Name"]
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query, re.IGNORECASE):
            continue
        frame = context.create_dynamic_frame.from_catalog(
            database=given["database"], table_name=name
        )
        frame.toDF().createOrReplaceTempView(name)
    found, limit = spark.sql(query), int(given["limit"])
    rows = [list(row) for row in found.take(limit + 1)]
    answer = {"columns": found.columns, "rows": rows[:limit], "cut": len(rows) > limit}
    s3.put_object(
        Bucket=given["bucket"],
        Key=given["answer_key"],
        Body=json.dumps(answer, default=str).encode("utf-8"),
        ContentType="application/json",
    )


main()
