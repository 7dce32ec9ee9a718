"""A body in `aws-chunked` encoding is taken only if all of it came.

LocalStack 4.9.2 stores more than `x-amz-decoded-content-length` says, and a body whose announced
checksum never came, unchecked: a request that is cut before its last line succeeds.

Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload
in Multiple Chunks (Chunked Upload)" and "Error responses": `IncompleteBody` and
`MalformedTrailerError`.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.s3 import ChecksumAlgorithm
from localstack.services.s3.codec import AwsChunkedDecoder

from lakestack import patches

BY_DEFAULT = ChecksumAlgorithm.CRC64NVME
"""LocalStack's for objects whose request names none, so that it need not have been announced."""


class WholeBody(AwsChunkedDecoder):
    """Decodes a body, and refuses one that is not what its request says."""

    def read(self, size: int = -1) -> Any:
        """Read decoded bytes; none are left once the trailing headers have been read.

        Raises:
            CommonServiceException: IncompleteBody, there is more than was said;
                MalformedTrailerError, the trailing headers are cut or lack the checksum
            EOFError: there is less than was said
        """
        data = super().read(size)
        if self._decoded_length < 0:
            raise CommonServiceException(
                "IncompleteBody",
                "The request body is longer than the x-amz-decoded-content-length header says",
            )
        return data

    def _get_trailing_headers(self) -> None:
        ended = self._read_trailing_headers()
        self._trailing_set = True
        algorithm = getattr(self.s3_object, "checksum_algorithm", None)
        given = getattr(self.s3_object, "checksum_value", None)
        name = f"x-amz-checksum-{algorithm.lower()}" if algorithm else ""
        announced = algorithm not in (None, BY_DEFAULT) and not given
        if not ended or (announced and name not in self._trailing_headers):
            raise CommonServiceException(
                "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform "
                "to our published schema."
                + (f" Expected: {name}" if ended else " It was cut off."),
            )

    def _read_trailing_headers(self) -> bool:
        """Keep the trailing headers; whether the last of their lines came whole."""
        line = b"\n"
        while more := self._stream.readline():
            line = more
            if not (header := line.strip()):
                continue
            name, colon, value = header.decode("latin-1").partition(":")
            if not colon:
                return False
            self._trailing_headers[name.strip().lower()] = value.strip()
        return line.endswith(b"\n")


def install() -> None:
    """Decode bodies by this."""
    patches.replace("s3.decoder", WholeBody)
