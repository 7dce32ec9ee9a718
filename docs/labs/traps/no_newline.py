"""Lab 2, traps: records without a line end, and a prefix without a slash.

Makes a delivery stream of its own, sends two records through it, prints the object that came of
them, and deletes both again. Plain boto3: with LAKE_TARGET=aws it runs the same on AWS, in a minute
or two.
"""

import json
import time

from pipeline.lab_client import client

NAME, PREFIX = "trap-no-newline", "firehose-trap"
firehose, s3 = client("firehose"), client("s3")
account = client("sts").get_caller_identity()["Account"]
bucket = f"{account}-movielens-lake-us-east-1"
lake = firehose.describe_delivery_stream(DeliveryStreamName="movielens-ratings-to-s3")
role = lake["DeliveryStreamDescription"]["Destinations"][0]["S3DestinationDescription"]["RoleARN"]


def poll(look, seconds=300):
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came in {seconds} s")
        time.sleep(0.2)
    return found


def active():
    found = firehose.describe_delivery_stream(DeliveryStreamName=NAME)
    return found["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"


def delivered():
    return s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX).get("Contents", [])


firehose.create_delivery_stream(
    DeliveryStreamName=NAME,
    ExtendedS3DestinationConfiguration={
        "RoleARN": role,
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "Prefix": PREFIX,  # no slash at its end
        "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 1},
    },
)
try:
    poll(active)
    events = [{"userId": 1, "movieId": 31}, {"userId": 1, "movieId": 1029}]
    firehose.put_record_batch(
        DeliveryStreamName=NAME,
        Records=[{"Data": json.dumps(event)} for event in events],  # no "\n" after each
    )
    key = poll(delivered)[0]["Key"]
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    print("key:   ", "/".join(key.split("/")[:-1]) + "/…")
    print("object:", body)
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        print("json:  ", error)
    first, end = json.JSONDecoder().raw_decode(body)
    print("first: ", first, "· left over:", body[end:])
finally:
    firehose.delete_delivery_stream(DeliveryStreamName=NAME)
    for item in delivered():
        s3.delete_object(Bucket=bucket, Key=item["Key"])
