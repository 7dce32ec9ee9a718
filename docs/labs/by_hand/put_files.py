"""Lab 1 by hand: put code and data where stacks 004 and 005 look for them.

The bucket is the one that stack 001 has made; the data is what `lake run` would take.
"""

import json
import os

from pipeline.cli.commands import cache_folder
from pipeline.data import load_dataset
from pipeline.lab_client import client
from pipeline.settings import Settings
from pipeline.uploads import lambda_package

s3 = client("s3")
lake = Settings(client("sts").get_caller_identity()["Account"], s3.meta.region_name)


def put(key, body):
    s3.put_object(Bucket=lake.bucket, Key=key, Body=body)
    print(f"{len(body):>9,}", key)


for function in ("copy_files", "start_task"):
    put(f"code/lambdas/{function}.zip", lambda_package(function))
files = []
for table, file in load_dataset(os.environ.get("MOVIELENS"), cache_folder(), print).files.items():
    key = lake.landing_key(table)
    put(key, file.path.read_bytes())
    files.append({"from": key, "to": lake.data_key(table), "sha256": file.sha256})
put(lake.manifest_key, json.dumps({"files": files}).encode())
