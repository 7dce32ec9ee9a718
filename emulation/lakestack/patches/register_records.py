"""The changes to what records and tells: IAM, CloudWatch Logs, tags, SNS; a part of `register`."""

from __future__ import annotations

from lakestack.patches.declaration import Patch, patch
from lakestack.patches.many import LOG_READS

_TAGGING = "moto.resourcegroupstaggingapi.models:ResourceGroupsTaggingAPIBackend"
_LOCK_REASON = "lists walk over dictionaries that another request adds to, and fail with a 500"

RECORDS: tuple[Patch, ...] = (
    patch(
        "cloudwatch.alarm_state",
        "alarms.state_changes",
        "changes of an alarm's state are not sent to EventBridge",
        "localstack.services.cloudwatch.provider_v2:CloudwatchProvider._update_state",
    ),
    patch(
        "events.rule_expression",
        "event_rules.install",
        "cron expressions are read as crontab reads them: days of the week are counted otherwise",
        "localstack.services.events.rule:RuleService._get_schedule_cron",
    ),
    patch(
        "events.rule_job",
        "event_rules.install",
        "each PutTargets adds a job, and a rule that is disabled, changed or enabled keeps its own",
        "localstack.services.events.rule:RuleService.create_schedule_job",
    ),
    patch(
        "events.rule_clock",
        "event_rules.install",
        "rules start at any time of the minute before they are due",
        "localstack.services.events.provider:EventsProvider.on_before_start",
    ),
    patch(
        "events.rule_targets",
        "event_rules.install",
        "PutEvents waits for every target, RetryPolicy and DeadLetterConfig are not used, a "
        "pattern is read again with each event, and disabled rules start",
        "localstack.services.events.provider:EventsProvider._process_rules",
    ),
    patch(
        "events.put_entry",
        "event_rules.install",
        "anybody can publish events of AWS's services",
        "localstack.services.events.provider:EventsProvider._process_entry",
    ),
    patch(
        "events.rule_pattern",
        "event_rules.install",
        "any text is taken for an event pattern, and then PutEvents fails for every rule",
        "localstack.services.events.rule:RuleService._validate_input",
    ),
    patch(
        "events.archive_pattern",
        "event_rules.install",
        "any text is taken for an event pattern",
        "localstack.services.events.archive:ArchiveService.create_archive_service",
    ),
    patch(
        "events.archive_update",
        "event_rules.install",
        "any text is taken for an event pattern",
        "localstack.services.events.archive:ArchiveService.update",
    ),
    patch(
        "events.archive_events",
        "event_rules.install",
        "the times of archived events are text, by which a replay fails",
        "localstack.services.events.archive:ArchiveService.get_events",
    ),
    patch(
        "events.start_replay",
        "event_rules.install",
        "a replay that fails stays STARTING",
        "localstack.services.events.provider:EventsProvider.start_replay",
    ),
    patch(
        "events.put_targets",
        "event_rules.install",
        "a target that is refused is put, and one that nobody sends to is taken",
        "localstack.services.events.rule:RuleService.add_targets",
    ),
    patch(
        "events.api_endpoint",
        "event_rules.install",
        "an endpoint on another machine is taken, and nothing reaches it",
        "localstack.services.events.api_destination:"
        "APIDestinationService._validate_invocation_endpoint",
    ),
    patch(
        "iam.simulate_principal",
        "iam.simulation",
        "wildcards, conditions and explicit denies are not evaluated, and no resource is a 500",
        "localstack.services.iam.provider:IamProvider.simulate_principal_policy",
    ),
    patch(
        "iam.simulate_custom",
        "iam.simulation",
        "nobody has it",
        "localstack.aws.api.iam:IamApi.simulate_custom_policy",
    ),
    patch(
        "lambda.url_event",
        "lambda_.function_url",
        "a function sees neither cookies nor the address of a client of its URL",
        "localstack.services.lambda_.urlrouter:event_for_lambda_url",
    ),
    patch(
        "lambda.url_response",
        "lambda_.function_url",
        "cookies of an answer are dropped, and an answer without statusCode loses members",
        "localstack.services.lambda_.urlrouter:lambda_result_to_response",
    ),
    patch(
        "logs.saved_queries",
        "logs.query_definitions",
        "nobody has the operations of saved queries",
        "localstack.services.logs.provider:LogsProvider",
    ),
    patch(
        "logs.put_events",
        "logs.metric_filters",
        "every metric filter of a region is applied to every group, a call for each event",
        "localstack.services.logs.provider:LogsProvider.put_log_events",
    ),
    patch(
        "logs.put_filter",
        "logs.metric_filters",
        "a filter that is put twice is there twice",
        "moto.logs.metric_filters:MetricFilters.add_filter",
    ),
    patch(
        "logs.test_filter",
        "logs.metric_filters",
        "nobody has it",
        "localstack.aws.api.logs:LogsApi.test_metric_filter",
    ),
    patch(
        "logs.matcher",
        "logs.subscriptions",
        "every filter pattern matches every event",
        "localstack.services.logs.provider:get_pattern_matcher",
    ),
    patch(
        "logs.forward",
        "logs.subscriptions",
        "a second subscription gets what the first left over, and a failing one fails the events",
        "moto.logs.models:LogStream.put_log_events",
    ),
    patch(
        "logs.put_subscription",
        "logs.subscriptions",
        "patterns are not checked, and one of two subscriptions cannot be changed",
        "moto.logs.models:LogGroup.put_subscription_filter",
    ),
    patch(
        "logs.create_stream",
        "logs.subscriptions",
        "a stream in a group with a subscription is made, and the answer is a 500",
        "moto.logs.models:LogGroup.create_log_stream",
    ),
    patch(
        "logs.create_group",
        "logs.classes",
        "the class of a log group is forgotten",
        "localstack.services.logs.provider:LogsProvider.create_log_group",
    ),
    patch(
        "logs.tag_resource",
        "logs.tags",
        "tags of a log group that was made without any are forgotten",
        "localstack.services.logs.provider:LogsProvider.tag_resource",
    ),
    patch(
        "logs.tag_group",
        "logs.tags",
        "tags of a log group that was made without any are forgotten",
        "localstack.services.logs.provider:LogsProvider.tag_log_group",
    ),
    patch(
        "logs.describe_groups",
        "logs.reads",
        "each event of each group is copied for a list of the groups, which fails meanwhile",
        "localstack.services.logs.provider:LogsProvider.describe_log_groups",
    ),
    patch(
        "logs.in_order",
        "logs.reads",
        "FilterLogEvents answers stream by stream instead of by time",
        "moto.logs.models:LogGroup.filter_log_events",
    ),
    patch(
        "logs.subscription_json",
        "logs.subscriptions",
        "whether a filter sees transformed logs is not said",
        "moto.logs.models:SubscriptionFilter.to_json",
    ),
    patch(
        "logs.check_subscription",
        "logs.subscriptions",
        "a stream is taken without a role, and a missing function is refused for its role",
        "moto.logs.models:LogsBackend.put_subscription_filter",
    ),
    patch(
        "logs.list_groups",
        "logs.groups",
        "nobody has it",
        "localstack.aws.api.logs:LogsApi.list_log_groups",
    ),
    patch(
        "logs.associate_key",
        "logs.groups",
        "nobody has it",
        "localstack.aws.api.logs:LogsApi.associate_kms_key",
    ),
    patch(
        "logs.disassociate_key",
        "logs.groups",
        "nobody has it",
        "localstack.aws.api.logs:LogsApi.disassociate_kms_key",
    ),
    patch(
        "logs.get_events",
        "logs.groups",
        "an identifier is that of the last group, whatever it names",
        "localstack.aws.api.logs:LogsApi.get_log_events",
    ),
    patch(
        "logs.filter_events",
        "logs.groups",
        "an identifier is a 500, and the prefix of streams is ignored",
        "localstack.aws.api.logs:LogsApi.filter_log_events",
    ),
    patch(
        "logs.create_export",
        "logs.export_tasks",
        "no bucket of S3 is found",
        "moto.logs.models:LogsBackend.create_export_task",
    ),
    patch(
        "logs.describe_exports",
        "logs.export_tasks",
        "an unknown task is an unknown log group",
        "moto.logs.models:LogsBackend.describe_export_tasks",
    ),
    patch(
        "logs.export_json",
        "logs.export_tasks",
        "when a task was made is not said",
        "moto.logs.models:ExportTask.to_json",
    ),
    patch(
        "logs.policy_described",
        "logs.policies",
        "the scope of a policy is not said",
        "moto.logs.models:LogResourcePolicy.describe",
    ),
    patch(
        "logs.delete_policy",
        "logs.policies",
        "the message is not that of AWS",
        "moto.logs.models:LogsBackend.delete_resource_policy",
    ),
    patch(
        "logs.insights.described",
        "logs.insights.queries",
        "a query is described without its groups, time and language",
        "moto.logs.models:LogQuery.to_json",
    ),
    patch(
        "logs.insights.start",
        "logs.insights.queries",
        "log groups given by identifiers are answered with a 500, and limit is dropped",
        "moto.logs.responses:LogsResponse.start_query",
    ),
    patch(
        "logs.insights.run",
        "logs.insights.queries",
        "filter, stats and parse are ignored, and events are sorted the wrong way round",
        "moto.logs.models:execute_query",
    ),
    patch(
        "logs.insights.stop",
        "logs.insights.queries",
        "nobody has it",
        "localstack.aws.api.logs:LogsApi.stop_query",
    ),
    patch(
        "logs.insights.results",
        "logs.insights.queries",
        "the answer has no statistics",
        "moto.logs.models:LogQuery.to_result_json",
    ),
    *(
        patch(
            f"logs.locked.{method}",
            "logs.reads",
            _LOCK_REASON,
            f"moto.logs.models:LogsBackend.{method}",
        )
        for method in LOG_READS
    ),
    patch(
        "tagging.resources",
        "tagging.resources",
        "tagged resources of LocalStack's services and ours are not found",
        f"{_TAGGING}._get_resources_generator",
    ),
    patch(
        "tagging.keys",
        "tagging.resources",
        "tagged resources of LocalStack's services and ours are not found",
        f"{_TAGGING}._get_tag_keys_generator",
    ),
    patch(
        "tagging.values",
        "tagging.resources",
        "tagged resources of LocalStack's services and ours are not found",
        f"{_TAGGING}._get_tag_values_generator",
    ),
    patch(
        "ec2.subnet_zones",
        "ec2.subnet_zones",
        "two subnets that name no zone meet in one by chance",
        "moto.ec2.responses.subnets:Subnets.create_subnet",
    ),
    patch(
        "sns.firehose",
        "sns.firehose_subscriptions",
        "what a subscribed delivery stream does not take is dropped, whatever the RedrivePolicy",
        "localstack.services.sns.publisher:FirehoseTopicPublisher._publish",
    ),
    patch(
        "not_emulated.text",
        "not_emulated",
        "what nobody has is said to be missing from a licence plan",
        "localstack.aws.handlers.service:get_coverage_link_for_service",
        "localstack.aws.skeleton:get_coverage_link_for_service",
    ),
    patch(
        "ec2.endpoint_type",
        "ec2.vpc_endpoints",
        "a VPC endpoint without a type has none instead of Gateway, and cannot be deleted",
        "moto.ec2.models.vpcs:VPCBackend.create_vpc_endpoint",
    ),
)
