def test_it_counts_the_ratings_of_each_film(lake):
    s3 = lake.client("s3")
    s3.create_bucket(Bucket="counts")
    lake.seed(csv="data/ratings.csv", table="films.ratings")
    output = "s3://counts/by-film/"
    job = {"database": "films", "table": "ratings", "output": output}
    lake.run_job("jobs/count_ratings.py", job)
    found = s3.list_objects_v2(Bucket="counts", Prefix="by-film/part-")["Contents"]
    rows = s3.get_object(Bucket="counts", Key=found[0]["Key"])["Body"].read().decode()
    assert '{"film":"Heat","count":2}' in rows and '"Good, Bad, Ugly"' in rows
