"""The table of the state changes that our services publish.

Amazon EventBridge Events Reference, "AWS Glue events", "Amazon SageMaker AI events", "AWS Database
Migration Service events", "AWS CloudFormation events" and "Amazon CloudWatch events" name them; the
members of each detail are those of the page that `EventType.page` names. docs/fidelity.md has a
table made from this one.
"""

from __future__ import annotations

from dataclasses import dataclass

ATHENA, CLOUDWATCH = "aws.athena", "aws.cloudwatch"
GLUE, SAGEMAKER, DMS, CLOUDFORMATION = (
    "aws.glue",
    "aws.sagemaker",
    "aws.dms",
    "aws.cloudformation",
)
GLUE_DATA_QUALITY_SOURCE = "aws.glue-dataquality"
_GLUE_PAGE = "AWS Glue Developer Guide, Automating AWS Glue with EventBridge"
_SAGEMAKER_PAGE = "SageMaker AI Developer Guide, Events that SageMaker AI sends to EventBridge"
_DMS_PAGE = "AWS DMS User Guide, Working with Amazon EventBridge events and notifications"
_CFN_PAGE = "CloudFormation User Guide, Managing events with CloudFormation and EventBridge"


@dataclass(frozen=True)
class EventType:
    """A kind of event.

    Attributes:
        source: such as ``aws.glue``
        detail_type: such as ``Glue Job State Change``
        when: in a few words, for docs/fidelity.md
        members: of the detail, in every event of this kind
        page: of AWS that describes the detail
    """

    source: str
    detail_type: str
    when: str
    members: tuple[str, ...]
    page: str


GLUE_JOB = EventType(
    GLUE,
    "Glue Job State Change",
    "a run is SUCCEEDED, FAILED, TIMEOUT or STOPPED",
    ("jobName", "severity", "state", "jobRunId", "message"),
    _GLUE_PAGE,
)
GLUE_JOB_STATUS = EventType(
    GLUE,
    "Glue Job Run Status",
    "a run lasts longer than its NotifyDelayAfter: once for STARTING, RUNNING and STOPPING each",
    ("jobName", "severity", "notificationCondition", "state", "jobRunId", "message", "startedOn"),
    _GLUE_PAGE,
)
GLUE_CRAWLER = EventType(
    GLUE,
    "Glue Crawler State Change",
    "a crawl is Started, Succeeded or Failed; none when it is stopped (our guess)",
    ("accountId", "crawlerName", "state", "message"),
    _GLUE_PAGE,
)
GLUE_DATABASE = EventType(
    GLUE,
    "Glue Data Catalog Database State Change",
    "CreateDatabase, DeleteDatabase, CreateTable, DeleteTable, BatchDeleteTable, whoever asks",
    ("databaseName", "typeOfChange", "changedTables"),
    _GLUE_PAGE,
)
GLUE_TABLE = EventType(
    GLUE,
    "Glue Data Catalog Table State Change",
    "UpdateTable, CreatePartition, UpdatePartition, DeletePartition and the last three in batches",
    ("databaseName", "typeOfChange", "tableName", "changedPartitions"),
    _GLUE_PAGE,
)
GLUE_DATA_QUALITY = EventType(
    GLUE_DATA_QUALITY_SOURCE,
    "Data Quality Evaluation Results Available",
    "a job's run with published results ends, or an evaluation run: once for each result",
    (
        *("context", "resultId", "rulesetNames", "state", "score"),
        *("rulesSucceeded", "rulesFailed", "rulesSkipped"),
    ),
    "AWS Glue Developer Guide, Setting up alerts, deployments, and scheduling",
)
SAGEMAKER_TRAINING_JOB = EventType(
    SAGEMAKER,
    "SageMaker Training Job State Change",
    "TrainingJobStatus or SecondaryStatus changes",
    ("TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "Tags"),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_TRANSFORM_JOB = EventType(
    SAGEMAKER,
    "SageMaker Transform Job State Change",
    "TransformJobStatus changes",
    ("TransformJobName", "TransformJobArn", "TransformJobStatus", "Tags"),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_PROCESSING_JOB = EventType(
    SAGEMAKER,
    "SageMaker Processing Job State Change",
    "ProcessingJobStatus changes",
    ("ProcessingJobName", "ProcessingJobArn", "ProcessingJobStatus", "Tags"),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_TUNING_JOB = EventType(
    SAGEMAKER,
    "SageMaker HyperParameter Tuning Job State Change",
    "HyperParameterTuningJobStatus changes",
    (
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "HyperParameterTuningJobStatus",
        "Tags",
    ),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_MODEL = EventType(
    SAGEMAKER,
    "SageMaker Model State Change",
    "a model is made; none when it is deleted (our guess)",
    ("ModelName", "ModelArn", "CreationTime", "Tags"),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_ENDPOINT_CONFIG = EventType(
    SAGEMAKER,
    "SageMaker Endpoint Config State Change",
    "a configuration is made; none when it is deleted (our guess)",
    ("EndpointConfigName", "EndpointConfigArn", "CreationTime", "Tags"),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_ENDPOINT = EventType(
    SAGEMAKER,
    "SageMaker Endpoint State Change",
    "EndpointStatus is CREATING, UPDATING, IN_SERVICE, FAILED or DELETING, in these words",
    ("EndpointName", "EndpointArn", "EndpointConfigName", "EndpointStatus", "Tags"),
    _SAGEMAKER_PAGE,
)
SAGEMAKER_MODEL_PACKAGE = EventType(
    SAGEMAKER,
    "SageMaker Model Package State Change",
    "a package is made, or UpdateModelPackage changes it, as by its approval",
    ("ModelPackageArn", "ModelPackageStatus"),
    _SAGEMAKER_PAGE,
)
DMS_TASK = EventType(
    DMS,
    "DMS Replication Task State Change",
    "a task is created, changed, started, reloaded, stopped or deleted, or has failed",
    ("eventType", "eventId", "category", "type", "detailMessage", "resourceLink"),
    _DMS_PAGE,
)
ATHENA_QUERY = EventType(
    ATHENA,
    "Athena Query State Change",
    "a query is QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED",
    (
        *("versionId", "currentState", "statementType", "queryExecutionId", "workgroupName"),
        "sequenceNumber",
    ),
    "Athena User Guide, Monitor Athena query events with EventBridge",
)
CLOUDWATCH_ALARM = EventType(
    CLOUDWATCH,
    "CloudWatch Alarm State Change",
    "the state of an alarm, of metrics or composite, is another, whether or not it has actions",
    ("alarmName", "configuration", "previousState", "state"),
    "Amazon CloudWatch User Guide, Alarm events and EventBridge",
)
CFN_STACK = EventType(
    CLOUDFORMATION,
    "CloudFormation Stack Status Change",
    "each event of a stack itself",
    ("stack-id", "status-details", "client-request-token"),
    _CFN_PAGE,
)
CFN_RESOURCE = EventType(
    CLOUDFORMATION,
    "CloudFormation Resource Status Change",
    "each event of a resource of a stack",
    (
        *("stack-id", "logical-resource-id", "physical-resource-id", "status-details"),
        *("resource-type", "client-request-token"),
    ),
    _CFN_PAGE,
)

EVENT_TYPES = tuple(each for each in list(globals().values()) if isinstance(each, EventType))
"""All of them, in the order of this module."""
