"""The changes to LocalStack's S3; a part of `register`."""

from __future__ import annotations

from lakestack.patches.declaration import Patch, patch

_S3 = "localstack.services.s3"
_SORTED_REASON = "each page of a listing sorts all keys of the bucket"
_INDEX_REASON = "the sorted keys have to follow the store"
_EVENTS = f"{_S3}.notifications"
_KEY_REASON = "keys in events are percent-encoded, for EventBridge and filters, too"

S3: tuple[Patch, ...] = (
    patch(
        "s3.hosts",
        "s3.hosts",
        "legacy endpoints with a dash after s3 are not recognised",
        f"{_S3}.utils:uses_host_addressing",
        f"{_S3}.presigned_url:uses_host_addressing",
        "localstack.aws.protocol.service_router:uses_host_addressing",
    ),
    patch(
        "s3.file",
        "s3.replacement",
        "a PutObject that fails destroys the object that it was to replace",
        f"{_S3}.storage.ephemeral:LockedSpooledTemporaryFile",
    ),
    patch(
        "s3.object",
        "s3.replacement",
        "a PutObject that fails destroys the object that it was to replace",
        f"{_S3}.storage.ephemeral:EphemeralS3StoredObject",
    ),
    patch(
        "s3.multipart",
        "s3.replacement",
        "an UploadPart that fails destroys the part that it was to replace",
        f"{_S3}.storage.ephemeral:EphemeralS3StoredMultipart",
    ),
    patch(
        "s3.store",
        "s3.replacement",
        "a PutObject that fails destroys the object that it was to replace",
        f"{_S3}.provider:EphemeralS3ObjectStore",
    ),
    patch(
        "s3.decoder",
        "s3.chunked_body",
        "a chunked body that is cut off, or longer than it says, is stored",
        f"{_S3}.provider:AwsChunkedDecoder",
    ),
    patch(
        "s3.conditions",
        "s3.conditions",
        "If-Unmodified-Since decides where If-Match has decided",
        f"{_S3}.provider:validate_failed_precondition",
    ),
    patch(
        "s3.presigned",
        "s3.presigned",
        "parameters of a presigned URL are looked for where there is no query string",
        f"{_S3}.presigned_url:is_presigned_url_request",
    ),
    patch(
        "s3.folder",
        "s3.storage",
        "emulators share a folder in /tmp by bucket name, and delete each other's files",
        f"{_S3}.storage.ephemeral:EphemeralS3ObjectStore.__init__",
    ),
    patch(
        "s3.delete_folder",
        "s3.storage",
        "the folder of a bucket that never held an object is left behind",
        f"{_S3}.storage.ephemeral:EphemeralS3ObjectStore.delete_bucket",
    ),
    patch(
        "s3.delete_bucket",
        "s3.storage",
        "the tags of a deleted bucket are those of the next one of its name",
        f"{_S3}.provider:S3Provider.delete_bucket",
    ),
    patch(
        "s3.event_context",
        "s3.notifications",
        _KEY_REASON,
        f"{_EVENTS}:S3EventNotificationContext.from_request_context_native",
    ),
    patch(
        "s3.event_filter",
        "s3.notifications",
        _KEY_REASON,
        f"{_EVENTS}:_matching_filter",
    ),
    patch(
        "s3.event_record",
        "s3.notifications",
        _KEY_REASON,
        f"{_EVENTS}:BaseNotifier._get_event_payload",
    ),
    patch(
        "s3.event_entry",
        "s3.notifications",
        "the reason of a multipart upload is a type of event",
        f"{_EVENTS}:EventBridgeNotifier._get_event_payload",
    ),
    patch(
        "s3.event_send",
        "s3.notifications",
        "markers of a job's committer, gone at once, are told of",
        f"{_EVENTS}:NotificationDispatcher.send_notifications",
    ),
    patch(
        "s3.list_objects",
        "s3.list_operations",
        _SORTED_REASON,
        f"{_S3}.provider:S3Provider.list_objects",
    ),
    patch(
        "s3.list_objects_v2",
        "s3.list_operations",
        _SORTED_REASON,
        f"{_S3}.provider:S3Provider.list_objects_v2",
    ),
    patch(
        "s3.list_object_versions",
        "s3.list_operations",
        _SORTED_REASON,
        f"{_S3}.provider:S3Provider.list_object_versions",
    ),
    patch(
        "s3.list_multipart_uploads",
        "s3.uploads",
        "each page sorts all uploads, and a marker whose upload was aborted is refused",
        f"{_S3}.provider:S3Provider.list_multipart_uploads",
    ),
    patch(
        "s3.plain_set",
        "s3.key_index",
        _INDEX_REASON,
        f"{_S3}.models:KeyStore.set",
    ),
    patch(
        "s3.plain_pop",
        "s3.key_index",
        _INDEX_REASON,
        f"{_S3}.models:KeyStore.pop",
    ),
    patch(
        "s3.versioned_set",
        "s3.key_index",
        _INDEX_REASON,
        f"{_S3}.models:VersionedKeyStore.set",
    ),
    patch(
        "s3.versioned_pop",
        "s3.key_index",
        _INDEX_REASON,
        f"{_S3}.models:VersionedKeyStore.pop",
    ),
)
