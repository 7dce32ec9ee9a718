"""Every change of ours to the internals of LocalStack, moto and botocore.

Where the other package has a seam (a provider, a plugin, a handler list, a subclass), that is used,
and nothing stands here.
"""

from __future__ import annotations

from lakestack.patches.declaration import Patch, patch
from lakestack.patches.many import PATTERNS, STEADY
from lakestack.patches.register_gateway import GATEWAY
from lakestack.patches.register_records import RECORDS
from lakestack.patches.register_s3 import S3
from lakestack.patches.register_states import STATES

_CFN = "localstack.services.cloudformation"
_CFN_EXECUTOR = f"{_CFN}.resource_provider:ResourceProviderExecutor"
_CFN_API = f"{_CFN}.v2.provider"
_INVOCATION = "localstack.services.lambda_.invocation"
_PARSER = "localstack.aws.protocol.parser"
_DYNAMODB = "localstack.services.dynamodb"

_STEADY_REASON = "the wall clock decides what is due: set back, what is due waits"

PATCHES: tuple[Patch, ...] = (
    *GATEWAY,
    patch(
        "request_bodies.decode",
        "request_bodies",
        "a packed body is unpacked to any size",
        "localstack.aws.handlers.codec:ContentDecoder.__call__",
    ),
    patch(
        "request_validation.read",
        "request_validation.handler",
        "what the parsers stumble over is answered with 500, and constraints are not checked",
        "localstack.aws.handlers.service:ServiceRequestParser.parse_and_enrich",
    ),
    patch(
        "request_validation.json",
        "request_validation.handler",
        "JSON that AWS refuses (NaN, numbers of any length, depth) is taken",
        f"{_PARSER}:BaseJSONRequestParser._parse_body_as_json",
    ),
    patch(
        "request_validation.structure",
        "request_validation.handler",
        "a JSON value of the wrong type is answered with 500",
        f"{_PARSER}:BaseJSONRequestParser._parse_structure",
    ),
    patch(
        "request_validation.boolean",
        "request_validation.handler",
        "any value passes for a boolean",
        f"{_PARSER}:BaseJSONRequestParser._parse_boolean",
    ),
    patch(
        "request_validation.text",
        "request_validation.handler",
        "an element of XML that holds elements passes for a string",
        f"{_PARSER}:RestXMLRequestParser._parse_string",
        f"{_PARSER}:RestXMLRequestParser._parse_character",
    ),
    patch(
        "request_validation.log",
        "request_validation.handler",
        "the exception behind a 500 is logged without its traceback",
        "localstack.aws.handlers.logging:ExceptionLogger.__call__",
    ),
    patch(
        "request_validation.meant",
        "request_validation.handler",
        "errors of moto and botocore reach the client as a 500",
        "localstack.aws.handlers.service:ServiceExceptionSerializer.create_exception_response",
    ),
    patch(
        "cloudformation.pause",
        "cloudformation.engine",
        "a resource that is not ready is looked at again after 5 s",
        f"{_CFN_EXECUTOR}.deploy_loop",
    ),
    patch(
        "cloudformation.failures",
        "cloudformation.engine",
        "an update that a type cannot do is called a success, and a failed deletion has no reason",
        f"{_CFN_EXECUTOR}.execute_action",
    ),
    patch(
        "cloudformation.kept",
        "cloudformation.kept_resources",
        "a resource that gets its first property is made again, one that loses its last is deleted",
        f"{_CFN}.engine.v2.change_set_model:ChangeSetModel._visit_resource",
    ),
    patch(
        "cloudformation.find_in_map",
        "cloudformation.mapped_values",
        "a stack whose Fn::FindInMap has functions in it cannot be updated",
        f"{_CFN}.engine.v2.change_set_model:"
        "ChangeSetModel._resolve_intrinsic_function_fn_find_in_map",
    ),
    patch(
        "cloudformation.names",
        "cloudformation.generated_names",
        "generated names end with eight characters of a UUID",
        f"{_CFN}.provider_utils:generate_default_name",
    ),
    patch(
        "cloudformation.types",
        "cloudformation.engine",
        "types that LocalStack has, too, cannot be replaced by a plugin of the same name",
        f"{_CFN_EXECUTOR}.try_load_resource_provider",
    ),
    patch(
        "cloudformation.parameters",
        "cloudformation.api_parameters",
        "true becomes True, and what an operation does not take is dropped without a word",
        f"{_CFN}.resource_provider:_handler_provide_client_params",
    ),
    patch(
        "cloudformation.validator",
        "cloudformation.provider",
        "a change set's functions are evaluated otherwise than on AWS",
        f"{_CFN_API}:ChangeSetModelValidator",
    ),
    patch(
        "cloudformation.transformer",
        "cloudformation.provider",
        "a change set's functions are evaluated otherwise than on AWS",
        f"{_CFN_API}:ChangeSetModelTransform",
    ),
    patch(
        "cloudformation.describer",
        "cloudformation.provider",
        "a change set's functions are evaluated otherwise than on AWS",
        f"{_CFN_API}:ChangeSetModelDescriber",
    ),
    patch(
        "cloudformation.find",
        "cloudformation.provider",
        "a deleted stack is found by its name",
        f"{_CFN_API}:find_stack_v2",
    ),
    patch(
        "cloudformation.text",
        "cloudformation.provider",
        "a template of any size is read, and from any URL",
        f"{_CFN}.api_utils:extract_template_body",
    ),
    patch(
        "cloudformation.parse",
        "cloudformation.provider",
        "YAML is read with aliases that AWS refuses, and templates without their macros applied",
        f"{_CFN}.engine.template_preparer:parse_template",
    ),
    patch(
        "cloudformation.events",
        "cloudformation.state_changes",
        "status changes of stacks and resources are not sent to EventBridge",
        f"{_CFN}.v2.entities:Stack._store_event",
    ),
    patch(
        "cloudformation.given_up",
        "cloudformation.types.custom_resource_requests",
        "nobody is told that an asynchronous invocation failed for good: its stack waits an hour",
        f"{_INVOCATION}.event_manager:Poller.process_dead_letter_queue",
    ),
    patch(
        "dynamodb.access",
        "dynamodb.access",
        "whoever knows account and region reaches the tables by DynamoDB Local's own port",
        f"{_DYNAMODB}.utils:get_ddb_access_key",
        f"{_DYNAMODB}.provider:get_ddb_access_key",
    ),
    patch(
        "dynamodb.no_download",
        "dynamodb.engine",
        "DynamoDB Local is downloaded at run time",
        f"{_DYNAMODB}.packages:DynamoDBLocalPackageInstaller.install",
    ),
    patch(
        "dynamodb.java",
        "dynamodb.engine",
        "Java is downloaded at run time",
        f"{_DYNAMODB}.packages:DynamoDBLocalPackageInstaller.get_java_env_vars",
    ),
    patch(
        "dynamodb.start",
        "dynamodb.engine",
        "DynamoDB Local is started on disk with a small heap, and again forever without a word",
        f"{_DYNAMODB}.server:DynamodbServer.start_dynamodb",
    ),
    patch(
        "dynamodb.stop",
        "dynamodb.engine",
        "the engine under our watch is started by us, and is ended by us",
        f"{_DYNAMODB}.server:DynamodbServer.stop_dynamodb",
    ),
    patch(
        "glue.expression",
        "glue.partition_expression",
        "the parser of partition expressions takes exponential time for parentheses",
        "moto.glue.utils:_PARTITION_FILTER_EXPRESSION_CACHE",
    ),
    patch(
        "lambda.inline_code",
        "lambda_.inline_code",
        "inline source is packed by the zip program, and equal source gets different digests",
        "localstack.services.lambda_.resource_providers.aws_lambda_function:_get_lambda_code_param",
    ),
    patch(
        "lambda.worker",
        "lambda_.kinesis_mapping",
        "mappings of Kinesis streams poll without windows, bisection and checkpoints of AWS",
        "localstack.services.lambda_.event_source_mapping.esm_worker_factory"
        ":EsmWorkerFactory.get_esm_worker",
    ),
    patch(
        "lambda.stream_arrival",
        "lambda_.kinesis_mapping",
        "every record of DynamoDB that is given up is said to have come just now",
        "localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller"
        ":DynamoDBPoller.get_approximate_arrival_time",
    ),
    patch(
        "lambda.queue_messages",
        "lambda_.queue_mapping",
        "a message that is JSON is delivered as another text than was sent",
        "localstack.services.lambda_.event_source_mapping.pollers.sqs_poller"
        ":SqsPoller.handle_messages",
    ),
    patch(
        "lambda.metric_invocation",
        "lambda_.metrics",
        "each invocation costs a call of CloudWatch in a thread of its own",
        f"{_INVOCATION}.version_manager:record_cw_metric_invocation",
    ),
    patch(
        "lambda.metric_error",
        "lambda_.metrics",
        "each invocation costs a call of CloudWatch in a thread of its own",
        f"{_INVOCATION}.version_manager:record_cw_metric_error",
    ),
    patch(
        "lambda.size",
        "lambda_.packages",
        "a package's declared size is believed",
        f"{_INVOCATION}.lambda_service:get_unzipped_size",
    ),
    patch(
        "lambda.unzip",
        "lambda_.packages",
        "unzip follows links that the archive itself has made",
        f"{_INVOCATION}.lambda_models:unzip",
    ),
    patch(
        "lambda.stop_version",
        "lambda_.packages",
        "a version that could not be unpacked cannot be deleted",
        f"{_INVOCATION}.lambda_service:LambdaService.stop_version",
    ),
    patch(
        "lambda.runtimes",
        "lambda_.provider",
        "templates with old Python runtimes, which AWS still runs, are refused",
        "localstack.services.lambda_.runtimes:ALL_RUNTIMES",
    ),
    patch(
        "lambda.log_subscriber",
        "lambda_.provider",
        "logs go through a thread that makes one call for each invocation; log_writer has them",
        f"{_INVOCATION}.logs:LogHandler.start_subscriber",
    ),
    patch(
        "lambda.log_store",
        "lambda_.provider",
        "logs go through a thread that makes one call for each invocation; log_writer has them",
        f"{_INVOCATION}.version_manager:LambdaVersionManager.store_logs",
    ),
    patch(
        "lambda.timer",
        "lambda_.provider",
        "the process cannot end while an idle environment is kept, ten minutes",
        f"{_INVOCATION}.execution_environment:Timer",
    ),
    patch(
        "lambda.client_context",
        "lambda_.provider",
        "the ClientContext of an invocation is dropped on its way to the environment",
        f"{_INVOCATION}.execution_environment:ExecutionEnvironment.invoke",
    ),
    *(
        patch(
            f"patterns.{module}",
            "patterns.foreign",
            "a client's pattern may take exponential time",
            f"{module}:re",
        )
        for module in PATTERNS
    ),
    patch(
        "stepfunctions.tasks",
        "stepfunctions.install",
        "tasks of Glue and SageMaker do not wait for their jobs, and fail at the end",
        "localstack.services.stepfunctions.asl.component.state.state_execution.state_task"
        ".state_task_factory:state_task_service_for",
    ),
    *RECORDS,
    *S3,
    *STATES,
    patch(
        "sqs.metrics",
        "sqs.metrics",
        "each message costs two requests to CloudWatch, and each of those a transaction",
        "localstack.services.sqs.provider:CloudwatchDispatcher.dispatch_sqs_metric",
    ),
    patch(
        "service_regions",
        "service_regions",
        "each service's store parses all of botocore's endpoints again",
        "localstack.utils.aws.aws_stack:get_valid_regions_for_service",
        "localstack.services.stores:get_valid_regions_for_service",
    ),
    *(
        patch(f"steady_time.{module}:{name}", "steady_time", _STEADY_REASON, f"{module}:{name}")
        for module, names in STEADY.items()
        for name in names
    ),
)

BY_NAME = {each.name: each for each in PATCHES}
