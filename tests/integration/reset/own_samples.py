"""Samples of the services that our plugin provides, with processes that run."""

from __future__ import annotations

from tests.contract.dms.helpers import Lake as DmsLake
from tests.contract.dms.helpers import table as source_table
from tests.contract.dms.helpers import to_table
from tests.contract.lambda_ import helpers as functions
from tests.contract.sagemaker.helpers import Hosting, train
from tests.integration.reset.samples import ROLE, Aws, Sample, listing
from tests.support import REGION, wait_until

_GRANTS = "PrincipalResourcePermissions"
ENDLESS = "import time\nprint('begun', flush=True)\ntime.sleep(3600)\n"


def _bucket(aws: Aws, name: str) -> str:
    region = aws("s3").meta.region_name
    place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    aws("s3").create_bucket(Bucket=name, **({} if region == REGION else place))
    return name


def _task(aws: Aws, name: str) -> None:
    del name
    lake = DmsLake(aws)
    lake.put("data/ratings/1.csv", "userId,movieId\n" + "1,2\n" * 10)
    ends = lake.endpoints(source_table("ratings", userId="STRING", movieId="STRING"))
    lake.create_task(ends, to_table("ratings", lake.target("ratings"), "userId"))
    assert lake.run()["Status"] == "stopped"


def _function(aws: Aws, name: str) -> None:
    functions.create(aws, name, "def handler(event, context):\n    return 1\n")
    functions.invoke(aws, name)
    aws("kinesis").create_stream(StreamName=f"{name}-source", ShardCount=1)
    summary = aws("kinesis").describe_stream_summary(StreamName=f"{name}-source")
    stream = summary["StreamDescriptionSummary"]["StreamARN"]
    aws("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    aws("lambda").publish_layer_version(
        LayerName=name, Content={"ZipFile": functions.packed({"a.py": "A = 1"})}
    )


def _job(aws: Aws, name: str) -> None:
    _bucket(aws, f"{name}-scripts")
    aws("s3").put_object(Bucket=f"{name}-scripts", Key="script.py", Body=ENDLESS.encode())
    glue = aws("glue")
    glue.create_job(
        Name=name,
        Role=ROLE,
        Command={
            "Name": "pythonshell",
            "ScriptLocation": f"s3://{name}-scripts/script.py",
            "PythonVersion": "3.9",
        },
    )
    run = glue.start_job_run(JobName=name)["JobRunId"]
    wait_until(
        lambda: glue.get_job_run(JobName=name, RunId=run)["JobRun"]["JobRunState"] == "RUNNING"
    )


def _catalog(aws: Aws, name: str) -> None:
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": "t"})


def _crawler(aws: Aws, name: str) -> None:
    aws("glue").create_crawler(
        Name=name, Role=ROLE, DatabaseName=name, Targets={"S3Targets": [{"Path": f"s3://{name}/"}]}
    )


def _classifier(aws: Aws, name: str) -> None:
    aws("glue").create_classifier(CsvClassifier={"Name": name, "Delimiter": ","})


def _workflow(aws: Aws, name: str) -> None:
    aws("glue").create_workflow(Name=name)


def _training_job(aws: Aws, name: str) -> None:
    bucket = _bucket(aws, f"{name}-training")
    train(aws, name, bucket, {"train.py": ENDLESS}, 3600)
    sagemaker = aws("sagemaker")
    wait_until(
        lambda: sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"]
        == "Training",
        what="training",
    )


def _endpoint(aws: Aws, name: str) -> None:
    Hosting(aws, _bucket(aws, f"{name}-models")).serving()


def _packages(aws: Aws, name: str) -> None:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    specification = {"Containers": [{"Image": image}]}
    sagemaker = aws("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    sagemaker.create_model_package(ModelPackageGroupName=name, InferenceSpecification=specification)
    sagemaker.create_model_package(
        ModelPackageName=f"{name}-alone", InferenceSpecification=specification
    )


def _ruleset(aws: Aws, name: str) -> None:
    aws("glue").create_data_quality_ruleset(Name=name, Ruleset="Rules = [RowCount > 0]")


def _entity_type(aws: Aws, name: str) -> None:
    aws("glue").create_custom_entity_type(Name=name, RegexString="[0-9]{4}")


def _work_group(aws: Aws, name: str) -> None:
    athena = aws("athena")
    athena.create_work_group(Name=name)
    athena.create_named_query(Name=name, Database="default", QueryString="SELECT 1")
    athena.create_prepared_statement(StatementName="one", WorkGroup=name, QueryStatement="SELECT ?")


def _athena(aws: Aws) -> list[str]:
    """Names of work groups but for AWS's own, and ids of queries."""
    athena = aws("athena")
    groups = [str(each["Name"]) for each in athena.list_work_groups()["WorkGroups"]]
    queries: list[str] = athena.list_named_queries().get("NamedQueryIds", [])
    return [name for name in groups if name != "primary"] + queries


def _http_api(aws: Aws, name: str) -> None:
    aws("apigatewayv2").create_api(Name=name, ProtocolType="HTTP")


def _location(aws: Aws, name: str) -> None:
    lake = aws("lakeformation")
    lake.register_resource(ResourceArn=f"arn:aws:s3:::{name}", UseServiceLinkedRole=True)


def _grant(aws: Aws, name: str) -> None:
    lake = aws("lakeformation")
    lake.create_lf_tag(TagKey=name, TagValues=["one"])
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": ROLE},
        Resource={"Catalog": {}},
        Permissions=["CREATE_DATABASE"],
    )


def _scalable(aws: Aws, name: str) -> None:
    scaling = aws("application-autoscaling")
    place = {
        "ServiceNamespace": "lambda",
        "ResourceId": f"function:{name}:live",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=2)
    limits = {"ScalableTargetAction": {"MinCapacity": 2}}
    scaling.put_scheduled_action(
        **place, ScheduledActionName=name, Schedule="rate(1 day)", **limits
    )


def _scheduled(aws: Aws) -> list[str]:
    scaling = aws("application-autoscaling")
    found = scaling.describe_scheduled_actions(ServiceNamespace="lambda")["ScheduledActions"]
    return [str(each["ScheduledActionName"]) for each in found]


OWN_SAMPLES: dict[str, tuple[Sample, ...]] = {
    "apigatewayv2": (Sample(_http_api, listing("apigatewayv2", "get_apis", "Items")),),
    "application-autoscaling": (Sample(_scalable, _scheduled),),
    "athena": (Sample(_work_group, _athena),),
    "dms": (Sample(_task, listing("dms", "describe_replication_tasks", "ReplicationTasks")),),
    "glue": (
        Sample(_job, listing("glue", "get_jobs", "Jobs")),
        Sample(_catalog, listing("glue", "get_databases", "DatabaseList")),
        Sample(_crawler, listing("glue", "get_crawlers", "Crawlers")),
        Sample(_classifier, listing("glue", "get_classifiers", "Classifiers")),
        Sample(_workflow, listing("glue", "list_workflows", "Workflows")),
        Sample(_ruleset, listing("glue", "list_data_quality_rulesets", "Rulesets")),
        Sample(_entity_type, listing("glue", "list_custom_entity_types", "CustomEntityTypes")),
    ),
    "lakeformation": (
        Sample(_location, listing("lakeformation", "list_resources", "ResourceInfoList")),
        Sample(_grant, listing("lakeformation", "list_permissions", _GRANTS)),
    ),
    "lambda": (Sample(_function, listing("lambda", "list_functions", "Functions")),),
    "sagemaker": (
        Sample(_training_job, listing("sagemaker", "list_training_jobs", "TrainingJobSummaries")),
        Sample(_endpoint, listing("sagemaker", "list_endpoints", "Endpoints")),
        Sample(_packages, listing("sagemaker", "list_model_packages", "ModelPackageSummaryList")),
    ),
}
