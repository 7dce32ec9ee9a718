"""Which stacks the lake consists of, what each is given, and in which order they are made.

The bucket comes first, because it holds the templates of the nested stack. That stack makes the
five of lab 1; it is given a run for the copying of files and one for the load, and does that work
again when it is given another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Any, Final

from pipeline.cloudformation import GOOD, Outcome, Stacks, template_text
from pipeline.dms_roles import roles_to_make
from pipeline.dms_zones import ZONES, zones_to_use
from pipeline.errors import StackError
from pipeline.lake import Lake
from pipeline.resource_looks import first_lost
from pipeline.run_state import fingerprint
from pipeline.settings import LOADED, NESTED, OPTIONAL, ROOT
from pipeline.table_state import first_unreadable
from pipeline.uploads import lambda_key, upload, upload_lambdas

__all__ = [
    "BUCKET",
    "EVENTS",
    "PLANNED",
    "SERVING",
    "begin_deployment",
    "clear_dead_root",
    "copy_again",
    "deploy_bucket",
    "empty_tables",
    "expected_parameters",
    "is_paused",
    "is_paused_root",
    "load_again",
    "model_parameters",
    "pause_root",
    "upload_code",
]

BUCKET: Final = "bucket"
EVENTS: Final = "Events"
"""Of the bucket: whether it sends its events, which a run leaves as it is."""
SERVING: Final = "serving"
"""Deployed by the deploy stage, once there is a model."""
_AFTER_ROLES: Final = ("streaming", "catalog")
"""Made as soon as the roles are there, beside the rest of the nested stack."""
ROLES: Final = "001-storage-and-roles"
"""Of the nested stack: what the others need of it."""
COPY_RUN: Final = "CopyRun"
LOAD_RUN: Final = "LoadRun"
PAUSED: Final = "Paused"
PLANNED: Final = "planned"
"""Stands in a plan for what only the run itself finds out."""


def model_parameters(lake: Lake, artifact: str) -> dict[str, str]:
    """The serving stack's parameters that name a model: another artifact is another model."""
    return {
        "ModelName": f"{lake.settings.prefix}-{fingerprint(artifact)[:12]}",
        "ModelDataUrl": artifact,
    }


def deploy_bucket(stacks: Stacks, notice: Callable[[str], None]) -> Outcome:
    """Deploy the stack that all others and the run's own notes need.

    Args:
        notice: called with a line when the stack is complete

    Raises:
        StackError: it fails, or the bucket that it has made is not there any more
    """
    lost = first_lost(stacks.target.client, stacks.made(BUCKET))
    if lost is not None:  # with all that the other stacks have been made of
        raise StackError(
            f"{lost}, which stack {stacks.settings.stack(BUCKET)} has made, is not there any more.",
            "Make the lake again: lake destroy; then: lake run",
        )
    outcome = stacks.deploy(BUCKET, _bucket_parameters(stacks))
    notice(f"stack {stacks.settings.stack(BUCKET)} {outcome.value}")
    return outcome


def _bucket_parameters(stacks: Stacks) -> dict[str, str]:
    return {EVENTS: stacks.parameters(BUCKET).get(EVENTS, "false")}


def upload_code(lake: Lake) -> None:
    """Put what the stacks are made of into the bucket: nested templates and functions."""
    upload_lambdas(lake)
    for template in NESTED:
        key = f"{_templates(lake.stacks)}/{template}.yaml"
        upload(lake, key, template_text(template).encode("utf-8"), "application/yaml")


def begin_deployment(
    lake: Lake, staged: str, pool: Executor, notice: Callable[[str], None]
) -> dict[str, Future[Outcome]]:
    """Begin to deploy all other stacks, side by side where they do not need each other.

    Args:
        staged: fingerprint of the files that are to be copied
        pool: begins what it is given in the order given

    Returns:
        by template, and for each numbered template its own part of the nested stack; a failed
            stack's future raises StackError
    """
    stacks = lake.stacks
    clear_dead_root(stacks)
    before = stacks.parameters(ROOT)
    # A run that has copied the same files, maybe not for the first time, is not to copy again.
    copied = before.get(COPY_RUN, "")
    copy = copied if _stem(copied) == staged else staged
    # After a pause the task is another one: the full load starts it, when it sees that it has to.
    load = "" if is_paused(stacks) else before.get(LOAD_RUN, "")
    runs = {COPY_RUN: copy, LOAD_RUN: load}
    made: dict[str, Future[Outcome]] = {}
    made[LOADED] = pool.submit(_deploy_tables, stacks, notice)
    made[ROOT] = root = pool.submit(_deploy_root, stacks, runs, notice)
    for template in _AFTER_ROLES:
        made[template] = pool.submit(
            _deploy_after_roles, stacks, template, root, not before, notice
        )
    return made


def clear_dead_root(stacks: Stacks) -> None:
    """Delete a nested stack that can only be deleted, after those that use its exports.

    They are made beside it, so when it fails late they are there, and neither its rollback nor a
    later run could delete it.

    Raises:
        StackError: one of them cannot be deleted
    """
    if stacks.is_dead(ROOT):
        stacks.clear(ROOT)


def empty_tables(stacks: Stacks) -> None:
    """Make the stack of the loaded tables again: deleting a table costs nothing, an item does.

    DMS is not asked to: the permissions that its user guide wants for a DynamoDB target know no
    Scan, so it could only drop the tables, and would make them again with capacity that is paid by
    the hour.

    Raises:
        StackError: the stack cannot be deleted or made
    """
    stacks.delete(LOADED)
    stacks.deploy(LOADED, {})


def copy_again(stacks: Stacks) -> Outcome:
    """Have the nested stack copy the staged files once more.

    Raises:
        StackError: a file could not be copied
    """
    runs = stacks.parameters(ROOT)
    return _update_runs(stacks, runs | {COPY_RUN: _next(runs[COPY_RUN])})


def load_again(stacks: Stacks, load: str) -> Outcome:
    """Have the nested stack start the DMS task.

    Args:
        load: fingerprint of what is to be loaded

    Raises:
        StackError: the task could not be started
    """
    runs = stacks.parameters(ROOT)
    loaded = runs.get(LOAD_RUN, "")
    run = _next(loaded) if _stem(loaded) == load else load
    return _update_runs(stacks, runs | {LOAD_RUN: run})


def is_paused(stacks: Stacks) -> bool:
    """Whether the nested stack is there without its replication instance."""
    return is_paused_root(stacks.describe(ROOT))


def is_paused_root(stack: Mapping[str, Any] | None) -> bool:
    """The same of the nested stack as DescribeStacks shows it; None is no stack."""
    given = {p["ParameterKey"]: p["ParameterValue"] for p in (stack or {}).get("Parameters", [])}
    return given.get(PAUSED) == "true"


def pause_root(stacks: Stacks) -> Outcome:
    """Take the replication instance, its task and what starts that out of the nested stack.

    Raises:
        StackError: the stack cannot be changed
    """
    before = stacks.parameters(ROOT)
    runs = {run: before.get(run, "") for run in (COPY_RUN, LOAD_RUN)}
    return stacks.deploy(ROOT, {**_root_parameters(stacks, runs), PAUSED: "true"})


def _next(run: str) -> str:
    """``x`` becomes ``x-2``, that ``x-3``."""
    stem, _, number = run.partition("-")
    return f"{stem}-{int(number or 1) + 1}"


def _stem(run: str) -> str:
    return run.partition("-")[0]


def expected_parameters(stacks: Stacks, template: str) -> Mapping[str, str]:
    """What a run would give the stack made from `template` now, as far as it can be known before.

    Files and model that a run has yet to make keep the names that the stack has, or get a
    placeholder.
    """
    sizes = stacks.target.sizes
    if template == BUCKET:
        return _bucket_parameters(stacks)
    if template == LOADED:
        return {}
    if template in OPTIONAL:
        return stacks.parameters(template)
    if template == ROOT:
        before = stacks.parameters(ROOT)
        runs = {run: before.get(run) or PLANNED for run in (COPY_RUN, LOAD_RUN)}
        zones = {zone: before.get(zone, PLANNED) for zone in ZONES}
        return _root_parameters(stacks, runs, zones)
    if template == SERVING:
        unknown = {"ModelName": PLANNED, "ModelDataUrl": PLANNED}
        return (
            unknown
            | stacks.parameters(SERVING)
            | {
                "Image": sizes.image("inference", stacks.target.region),
                "InstanceType": sizes.hosting_instance_type,
            }
        )
    return _parameters(stacks, template)


def _update_runs(stacks: Stacks, runs: Mapping[str, str]) -> Outcome:
    return stacks.deploy(ROOT, lambda: _root_parameters(stacks, runs))


def _deploy_root(stacks: Stacks, runs: Mapping[str, str], notice: Callable[[str], None]) -> Outcome:
    # Made again with a stack that is made again: the roles of DMS outlive it.
    outcome = stacks.deploy(ROOT, lambda: _root_parameters(stacks, runs))
    notice(f"stack {stacks.settings.stack(ROOT)} {outcome.value}")
    return outcome


def _root_parameters(
    stacks: Stacks, runs: Mapping[str, str], zones: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    bucket, region = stacks.settings.bucket, stacks.target.region
    return {
        "TemplatesUrl": f"https://{bucket}.s3.{region}.amazonaws.com/{_templates(stacks)}",
        **roles_to_make(stacks),
        **(zones or zones_to_use(stacks)),
        "InstanceClass": stacks.target.sizes.dms_instance_class,
        "CopyFilesKey": lambda_key("copy_files"),
        "StartTaskKey": lambda_key("start_task"),
        COPY_RUN: runs[COPY_RUN],
        LOAD_RUN: runs.get(LOAD_RUN, ""),
        PAUSED: "false",
    }


def _templates(stacks: Stacks) -> str:
    """Prefix of the nested templates: another one for other templates, so the stack sees it."""
    texts = fingerprint(*(template_text(template) for template in NESTED))
    return f"{stacks.settings.templates}/{texts[:16]}"


def _deploy_after_roles(
    stacks: Stacks,
    template: str,
    root: Future[Outcome],
    root_is_new: bool,
    notice: Callable[[str], None],
) -> Outcome:
    def ready() -> bool | None:
        if root.done():
            root.result()
            return True
        roles = stacks.describe(ROLES)
        return True if roles and roles["StackStatus"] in GOOD else None

    if root_is_new:
        stacks.poll(ready, f"stack {ROLES}", stacks.settings.stack(ROOT))
    else:
        root.result()  # a change that ends in a replacement takes this stack with it
    _delete_if_lost(stacks, template, notice, asks=stacks.target.confirm_account)
    try:
        outcome = stacks.deploy(template, _parameters(stacks, template))
    except StackError:
        root.result()
        if stacks.describe(template) is not None:
            raise
    # A nested stack that was made again meanwhile, for a role not seen yet, took this one with it.
    if root.result() is Outcome.CREATED and stacks.describe(template) is None:
        outcome = stacks.deploy(template, _parameters(stacks, template))
    notice(f"stack {stacks.settings.stack(template)} {outcome.value}")
    return outcome


def _deploy_tables(stacks: Stacks, notice: Callable[[str], None]) -> Outcome:
    # Nobody is asked: all that the stack holds is loaded again from the bucket.
    _delete_if_lost(stacks, LOADED, notice, asks=False)
    outcome = stacks.deploy(LOADED, {})
    notice(f"stack {stacks.settings.stack(LOADED)} {outcome.value}")
    return outcome


def _delete_if_lost(
    stacks: Stacks, template: str, notice: Callable[[str], None], *, asks: bool
) -> None:
    """Delete a stack of which something is not there any more: it believes that it is.

    Args:
        stacks: the lake's stacks
        template: the stack's template
        notice: called with a line when it is deleted
        asks: whether a person decides what is deleted

    Raises:
        StackError: something is lost, and a person decides
    """
    client, made = stacks.target.client, stacks.made(template)
    tables = [name for kind, name in made if kind == "AWS::DynamoDB::Table"]
    lost = first_unreadable(client("dynamodb"), tables) or first_lost(client, made)
    if lost is None:
        return
    name = stacks.settings.stack(template)
    if asks:
        raise StackError(
            f"{lost}, which stack {name} has made, is not there any more.",
            f"To make the stack again, with all that it holds: {stacks.target.aws_cli} "
            f"cloudformation delete-stack --stack-name {name}; then: lake run",
        )
    notice(f"stack {name}: {lost} is not there any more, so it is made again")
    stacks.delete(template)


def _parameters(stacks: Stacks, template: str) -> Mapping[str, str]:
    sizes = stacks.target.sizes
    if template == "streaming":
        return {
            "BufferSeconds": str(sizes.firehose_interval),
            "BufferMegabytes": str(sizes.firehose_size),
            "SimulatorKey": lambda_key("simulator"),
            "ConsumerKey": lambda_key("consumer"),
        }
    return {"WorkerType": sizes.glue_worker_type, "NumberOfWorkers": str(sizes.glue_workers)}
