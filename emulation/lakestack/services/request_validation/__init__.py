"""Every request is checked against its API model here, before a service's handler sees it.

* `json_body` reads and converts the bodies of the JSON protocols. A wrong type, a body that is no
  JSON, a number out of range or a blob that is no base64 is a ``SerializationException``.
* `constraints` checks what is left: required members everywhere; lengths, ranges, enumerations and
  patterns where the service is known to hold to its model.
* `service_errors` knows each service's code for it, and which constraints it enforces.
* `handler` puts these into LocalStack's chain of handlers, for calls over HTTP and in process.

Types and required members are certain: every service refuses what breaks them, and so do we for
all. The other constraints of the models are not: some services are laxer than their models. We
enforce them for kinesis, glue and sagemaker, which AWS is known to check in full, sizes or
enumerations for a few more (`service_errors` says which and why); for the rest the handlers
decide, ours, LocalStack's and moto's. S3 has rules of its own (its bodies may be streams), so that
only the XML documents of its bodies are checked.

Sources: Smithy 2.0, "AWS JSON 1.1 protocol", "AWS restJson1 protocol", "AWS query protocol" and
"Constraint traits"; each service's API Reference, "Common Errors". The words are the services' own
("1 validation error detected: Value '…' at '…' failed to satisfy constraint: Member must …").
"""

from lakestack.services.request_validation.handler import install

__all__ = ["install"]
