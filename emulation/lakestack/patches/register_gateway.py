"""The changes to the gateway, and to what reads requests and writes answers; of `register`."""

from __future__ import annotations

from lakestack.patches.declaration import Patch, patch

_PROTOCOL = "localstack.aws.protocol"

GATEWAY: tuple[Patch, ...] = (
    patch(
        "gateway.listen",
        "gateway",
        "the host of GATEWAY_LISTEN is ignored for IPv4: every interface is listened on",
        "localstack.runtime.server.twisted:endpoints",
    ),
    patch(
        "gateway.shutdown",
        "gateway",
        "the reactor is stopped from another thread, which does not wake it",
        "localstack.runtime.server.twisted:TwistedRuntimeServer.shutdown",
    ),
    patch(
        "gateway.localhost",
        "gateway",
        "internal clients go to what public DNS answers for s3.localhost.localstack.cloud",
        "localstack.config:LOCALHOST",
    ),
    patch(
        "gateway.make",
        "gateway_chain",
        "the gateway has no place where a handler of ours can be put before all others",
        "localstack.aws.app:LocalstackAwsGateway.__init__",
    ),
    patch(
        "gateway.process",
        "gateway_chain",
        "what comes from the network must be told from what comes from inside the process",
        "localstack.aws.app:LocalstackAwsGateway.process",
    ),
    patch(
        "front_guard.origins",
        "front_guard.cors",
        "pages of LocalStack's web application and of file:// may read everything",
        "localstack.aws.handlers.cors:ALLOWED_CORS_ORIGINS",
    ),
    patch(
        "front_guard.internal_origins",
        "front_guard.cors",
        "pages of the emulator's own origin, which buckets serve, may read everything",
        "localstack.aws.handlers.cors:DYNAMIC_INTERNAL_ORIGINS",
    ),
    patch(
        "python_parsing.routes",
        "python_parsing",
        "two threads that make routes beside each other fail with a SystemError of Python's parser",
        "werkzeug.routing.rules:Rule._compile_builder",
    ),
    patch(
        "request_ids.make",
        "request_ids",
        "the system is asked for random bytes at each request",
        "localstack.aws.api.core:long_uid",
    ),
    patch(
        "response_bodies.make",
        "response_bodies",
        "an answer in JSON is made by a method call and a dictionary for every value",
        f"{_PROTOCOL}.serializer:JSONResponseSerializer._serialize_body_params",
    ),
    patch(
        "xml_bodies.make",
        "xml_bodies",
        "an answer of S3 is made by a method call and an element of a tree for every value",
        f"{_PROTOCOL}.serializer:S3ResponseSerializer._serialize_body_params",
    ),
    patch(
        "rest_members.read",
        "rest_members",
        "a request is asked for each header that its operation knows, most of which are absent",
        f"{_PROTOCOL}.parser:RestXMLRequestParser._parse_structure",
    ),
    patch(
        "rest_members.header",
        "rest_members",
        "a time that is text already is read, and written as it was",
        f"{_PROTOCOL}.serializer:BaseRestResponseSerializer._serialize_header_value",
    ),
    patch(
        "answer_headers.split",
        "answer_headers",
        "an answer is asked for each member that its operation knows, most of which are absent",
        f"{_PROTOCOL}.serializer:BaseRestResponseSerializer._partition_members",
    ),
    patch(
        "answer_headers.write",
        "answer_headers",
        "an answer is asked for each member that its operation knows, most of which are absent",
        f"{_PROTOCOL}.serializer:BaseRestResponseSerializer._process_header_members",
    ),
    patch(
        "answer_headers.start",
        "answer_headers",
        "each header that is set is looked for among all headers of an answer",
        f"{_PROTOCOL}.serializer:ResponseSerializer._create_default_response",
    ),
    patch(
        "answer_headers.accepted",
        "answer_headers",
        "what a client accepts is parsed for each answer",
        f"{_PROTOCOL}.serializer:ResponseSerializer._get_mime_type",
    ),
    patch(
        "operation_routes.match",
        "operation_routes",
        "an operation is looked for in tables, and by the query string, where its path tells it",
        f"{_PROTOCOL}.op_router:RestServiceOperationRouter.match",
    ),
)
