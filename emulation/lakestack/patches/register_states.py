"""The changes to LocalStack's Step Functions; a part of `register`."""

from __future__ import annotations

from lakestack.patches.declaration import Patch, patch

_ASL = "localstack.services.stepfunctions.asl"
_MAP = f"{_ASL}.component.state.state_execution.state_map"
_WORKER = (
    f"{_MAP}.iteration.itemprocessor.distributed_item_processor_worker"
    ":DistributedItemProcessorWorker"
)
_WRITER = f"{_MAP}.result_writer.resource_eval.resource_eval_s3:ResourceEvalS3"

STATES: tuple[Patch, ...] = (
    patch(
        "stepfunctions.definition",
        "stepfunctions.install",
        "states that lead nowhere, or to which nothing leads, are found by an execution",
        "localstack.services.stepfunctions.provider:StepFunctionsProvider._validate_definition",
    ),
    patch(
        "stepfunctions.jsonata",
        "stepfunctions.install",
        "JSONata starts a Java machine, which is fetched from the network at the first expression",
        f"{_ASL}.jsonata.jsonata:eval_jsonata_expression",
    ),
    patch(
        "stepfunctions.jsonata_functions",
        "stepfunctions.install",
        "$hash and $uuid of JSONata give a text that they are not supported",
        f"{_ASL}.component.intrinsic.jsonata:get_intrinsic_functions_declarations",
    ),
    patch(
        "stepfunctions.jsonata_errors",
        "stepfunctions.install",
        "an expression of JSONata that fails is States.Runtime",
        f"{_ASL}.component.common.string.string_expression:StringJSONata._eval_body",
    ),
    patch(
        "stepfunctions.jsonata_variables",
        "stepfunctions.install",
        "a text with a quotation mark in a variable ends the expression, or becomes part of it",
        f"{_ASL}.jsonata.jsonata:encode_jsonata_variable_declarations",
    ),
    patch(
        "stepfunctions.escapes",
        "stepfunctions.install",
        "a text that Assign gives a variable keeps the backslashes of its JSON",
        f"{_ASL}.parse.preprocessor:Preprocessor._inner_string_of",
    ),
    patch(
        "distributed_map.parse",
        "distributed_map.install",
        "ItemBatcher is refused",
        f"{_ASL}.parse.asl_parser:AmazonStateLanguageParser.parse",
    ),
    patch(
        "distributed_map.run",
        "distributed_map.install",
        "items are not batched, and what became of each is forgotten",
        f"{_MAP}.iteration.distributed_iteration_component:DistributedIterationComponent._map_run",
    ),
    patch(
        "distributed_map.job",
        "distributed_map.install",
        "failures are swallowed, however few are tolerated",
        f"{_WORKER}._eval_job",
    ),
    patch(
        "distributed_map.next",
        "distributed_map.install",
        "a worker calls itself for each item, and fails after some hundred",
        f"{_WORKER}._eval_pool",
    ),
    patch(
        "distributed_map.write",
        "distributed_map.install",
        "ResultWriter writes an empty manifest and no results",
        f"{_WRITER}._handle_put_object",
    ),
    patch(
        "distributed_map.list",
        "distributed_map.install",
        "ListExecutions does not know Map runs",
        "localstack.services.stepfunctions.provider:StepFunctionsProvider.list_executions",
    ),
    patch(
        "distributed_map.describe",
        "distributed_map.install",
        "DescribeExecution does not know the children of Map runs",
        "localstack.services.stepfunctions.provider:StepFunctionsProvider.describe_execution",
    ),
)
