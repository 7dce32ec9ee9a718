"""Job bookmarks: the API operations. The bookmarks themselves are in `bookmark`."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.job import Job
from lakestack.services.glue.state import existing_job, state_of

JsonDict = dict[str, Any]


class BookmarkApi:
    """Get and reset the bookmark of a job."""

    @handler("GetJobBookmark", expand=False)
    def get_job_bookmark(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """The latest bookmark, or with RunId what it was when that run had ended."""
        job = existing_job(state_of(context.account_id, context.region), request["JobName"])
        run_id = request.get("RunId")
        try:
            entry = job.bookmarks.as_of(run_id) if run_id else job.bookmarks.current()
        except KeyError:
            entry = None
        if entry is None:
            raise _not_found(job, run_id)
        return {"JobBookmarkEntry": entry.as_api(job.name)}

    @handler("ResetJobBookmark", expand=False)
    def reset_job_bookmark(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """Forget all, or with RunId go back to what was processed when that run had ended."""
        job = existing_job(state_of(context.account_id, context.region), request["JobName"])
        run_id = request.get("RunId")
        try:
            entry = job.bookmarks.reset(run_id)
        except KeyError:
            entry = None
        if entry is None:
            raise _not_found(job, run_id)
        return {"JobBookmarkEntry": entry.as_api(job.name)}


def _not_found(job: Job, run_id: str | None) -> CommonServiceException:
    run = f" and run {run_id}" if run_id else ""
    return aws_error("EntityNotFoundException", f"Continuation for job {job.name}{run} not found")
