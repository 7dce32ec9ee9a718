"""Tables of AWS's logs, as its guide declares them."""

from __future__ import annotations

import gzip
import json

from tests.unit.athena.conftest import Lake

ALB = r"""
CREATE EXTERNAL TABLE IF NOT EXISTS alb_access_logs (
  type string, time string, elb string, client_ip string, client_port int, request_verb string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
WITH SERDEPROPERTIES (
  'serialization.format' = '1',
  'input.regex' = '([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) \"([^ ]*) (.*) (- |[^ ]*)\".*')
LOCATION 's3://lake-bucket/alb/'
"""
CLOUDTRAIL = """
CREATE EXTERNAL TABLE cloudtrail_logs (
  eventversion STRING,
  useridentity STRUCT<type: STRING, principalid: STRING,
    sessioncontext: STRUCT<attributes: STRUCT<mfaauthenticated: STRING>>>,
  eventname STRING, requestparameters STRING,
  resources ARRAY<STRUCT<arn: STRING, accountid: STRING>>
)
PARTITIONED BY (region string)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://lake-bucket/AWSLogs/'
"""


def test_lines_are_read_by_a_pattern(lake: Lake) -> None:
    lake.put(
        "alb/a.log",
        'http 2024-01-01T00:00:00.1Z app/x 10.0.0.1:80 "GET http://a/ HTTP/1.1" more\n'
        "nothing of it\n"
        'h2 2024-01-01T00:00:02.1Z app/x 10.0.0.2: "POST http://a/ HTTP/2" more\n',
    )
    lake.run(ALB)
    rows = lake.rows("SELECT type, client_ip, client_port, request_verb FROM alb_access_logs")
    assert rows == ['"http","10.0.0.1","80","GET"', ",,,", '"h2","10.0.0.2",,"POST"']


def test_cloudtrail_has_a_row_for_each_record(lake: Lake) -> None:
    identity = {
        "type": "AssumedRole",
        "principalId": "AROA",
        "sessionContext": {"attributes": {"mfaAuthenticated": "false"}},
    }
    record = {
        "eventVersion": "1.08",
        "userIdentity": identity,
        "eventName": "PutObject",
        "requestParameters": {"bucketName": "b"},
        "resources": [{"ARN": "arn:aws:s3:::b", "accountId": "1"}],
    }
    body = json.dumps({"Records": [record, {"eventName": "GetObject"}]}).encode()
    lake.put("AWSLogs/region=eu/a.json.gz", gzip.compress(body))
    lake.run(CLOUDTRAIL)
    lake.run("MSCK REPAIR TABLE cloudtrail_logs")
    rows = lake.rows(
        "SELECT eventname, useridentity.principalid, region, resources[1].arn, "
        "useridentity.sessioncontext.attributes.mfaauthenticated, "
        "json_extract_scalar(requestparameters, '$.bucketname') FROM cloudtrail_logs ORDER BY 1"
    )
    assert rows[0].startswith('"GetObject",,"eu",,,')
    assert rows[1] == '"PutObject","AROA","eu","arn:aws:s3:::b","false","b"'


def test_members_of_rows_are_found_in_any_case(lake: Lake) -> None:
    lake.put("n/a.json", '{"User": {"FirstName": "Ada", "Tags": [{"Key": "k"}]}}\n')
    lake.run(
        "CREATE EXTERNAL TABLE n (user struct<firstname:string,tags:array<struct<key:string>>>) "
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake-bucket/n/'"
    )
    assert lake.rows('SELECT "user".firstname, "user".tags[1].key FROM n') == ['"Ada","k"']
