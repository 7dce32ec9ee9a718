import pytest


@pytest.mark.parametrize("number", range(4))
def test_each_test_finds_an_empty_lake(lake, number):
    assert lake.client("s3").list_buckets()["Buckets"] == []
    assert lake.client("dynamodb").list_tables()["TableNames"] == []
    lake.client("s3").create_bucket(Bucket="mine")
    seeded = lake.seed(csv="user,film\n1,Heat\n2,Alien\n", table="seen", key="user")
    assert (seeded.rows, seeded.columns) == (2, {"user": "N", "film": "S"})
