"""Which tuning jobs the emulator can run."""

from __future__ import annotations

from typing import Any

from lakestack.services.base import aws_error
from lakestack.services.sagemaker import rules, toolkit
from lakestack.services.sagemaker.members import without
from lakestack.services.sagemaker.tuning.bayesian import installed
from lakestack.services.sagemaker.tuning.ranges import RangeError, combinations, ranges_of
from lakestack.services.sagemaker.validation import unsupported, validation_error

MAX_PARALLEL = 10
"""Our quota, which is AWS's default for all strategies but Random and Hyperband."""
BAYESIAN, GRID, RANDOM = "Bayesian", "Grid", "Random"
TUNING_RESOURCES = "HyperParameterTuningResourceConfig"


def check_tuning_job(request: dict[str, Any]) -> None:
    """Refuse a tuning job that AWS refuses or that cannot run here.

    Raises:
        CommonServiceException: ValidationException or ResourceLimitExceeded
    """
    for member in ("WarmStartConfig", "Autotune", "TrainingJobDefinitions"):
        if request.get(member):
            raise unsupported(member, "one TrainingJobDefinition")
    settings = request["HyperParameterTuningJobConfig"]
    definition = request.get("TrainingJobDefinition")
    if not definition:
        raise validation_error("TrainingJobDefinition must be given.")
    _check_settings(settings)
    for member in ("HyperParameterRanges", "TuningObjective"):
        if definition.get(member):
            raise unsupported(
                f"TrainingJobDefinition.{member}",
                "ranges and objective in HyperParameterTuningJobConfig",
            )
    if bool(definition.get("ResourceConfig")) == bool(definition.get(TUNING_RESOURCES)):
        raise validation_error(
            f"TrainingJobDefinition must have one of ResourceConfig and {TUNING_RESOURCES}."
        )
    _check_objective(settings, definition)
    _check_ranges(settings, definition)
    rules.check_training_job(training_request(request, "a", {}))


def training_request(request: dict[str, Any], name: str, values: dict[str, str]) -> dict[str, Any]:
    """CreateTrainingJob's request for one combination of values.

    Args:
        request: CreateHyperParameterTuningJob's
        name: of the training job
        values: of the hyperparameters that are tuned
    """
    definition = request["TrainingJobDefinition"]
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    return {
        **without(definition, "DefinitionName", "StaticHyperParameters", TUNING_RESOURCES),
        "TrainingJobName": name,
        "ResourceConfig": _resources(definition),
        "HyperParameters": {
            toolkit.TUNING_METRIC: objective["MetricName"],
            **(definition.get("StaticHyperParameters") or {}),
            **values,
        },
    }


def trials_of(request: dict[str, Any]) -> int:
    """How many training jobs the tuning job starts at most."""
    settings = request["HyperParameterTuningJobConfig"]
    given = settings["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    return int(given or combinations(ranges_of(settings.get("ParameterRanges") or {})))


def _resources(definition: dict[str, Any]) -> dict[str, Any]:
    """ResourceConfig of the training jobs.

    Of several instance types the first is taken: here none is ever out of capacity.
    """
    if TUNING_RESOURCES not in definition:
        return dict(definition["ResourceConfig"])
    given = dict(definition[TUNING_RESOURCES])
    given.pop("AllocationStrategy", None)
    several = given.pop("InstanceConfigs", None)
    return {**given, **several[0]} if several else given


def _check_settings(settings: dict[str, Any]) -> None:
    strategies = (BAYESIAN, GRID, RANDOM) if installed() else (GRID, RANDOM)
    if settings["Strategy"] not in strategies:
        without = "" if installed() else " without NumPy (pip install 'lakestack[sagemaker]')"
        raise unsupported(f"Strategy {settings['Strategy']}{without}", ", ".join(strategies))
    if settings.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise unsupported("TrainingJobEarlyStoppingType Auto", "Off")
    limits, criteria = settings["ResourceLimits"], settings.get("TuningJobCompletionCriteria") or {}
    if limits.get("MaxRuntimeInSeconds"):
        raise unsupported("ResourceLimits.MaxRuntimeInSeconds", "MaxNumberOfTrainingJobs")
    if (criteria.get("ConvergenceDetected") or {}).get("CompleteOnConvergence") == "Enabled":
        raise unsupported("ConvergenceDetected", "TargetObjectiveMetricValue")
    if criteria.get("BestObjectiveNotImproving"):
        raise unsupported("BestObjectiveNotImproving", "TargetObjectiveMetricValue")
    if (settings.get("ParameterRanges") or {}).get("AutoParameters"):
        raise unsupported("ParameterRanges.AutoParameters", "ranges")
    if limits["MaxParallelTrainingJobs"] > MAX_PARALLEL:
        raise aws_error(
            "ResourceLimitExceeded",
            "The account-level service limit 'Maximum number of parallel training jobs per "
            f"hyperparameter tuning job' is {MAX_PARALLEL}, with a request of "
            f"{limits['MaxParallelTrainingJobs']}.",
        )


def _check_objective(settings: dict[str, Any], definition: dict[str, Any]) -> None:
    objective = settings.get("HyperParameterTuningJobObjective") or {}
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions") or []
    if objective.get("MetricName") not in [metric["Name"] for metric in metrics]:
        raise validation_error(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric "
            "in the metric definitions."
        )


def _check_ranges(settings: dict[str, Any], definition: dict[str, Any]) -> None:
    given = settings.get("ParameterRanges") or {}
    try:
        ranges = ranges_of(given)
    except RangeError as e:
        raise validation_error(f"{e}.") from e
    if not ranges:
        raise validation_error("ParameterRanges must have a hyperparameter.")
    both = {each.name for each in ranges} & set(definition.get("StaticHyperParameters") or {})
    if both:
        raise validation_error(
            f"{', '.join(sorted(both))}: a hyperparameter is either static or tuned, not both."
        )
    number = settings["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    total = combinations(ranges)
    if settings["Strategy"] == GRID:
        if given.get("IntegerParameterRanges") or given.get("ContinuousParameterRanges"):
            raise validation_error("The Grid strategy supports categorical parameters only.")
        if number not in (None, total):
            raise validation_error(
                f"MaxNumberOfTrainingJobs of the Grid strategy must be {total:g}, the number of "
                f"combinations, or left out; received {number}."
            )
    elif number is None:
        raise validation_error("ResourceLimits.MaxNumberOfTrainingJobs must be given.")
    elif total < number:
        raise validation_error(
            "You don't have enough combinations of hyperparameter ranges. The total number of "
            f"hyperparameter combinations for the provided ranges [{total:.1f}] must be equal or "
            f"greater than the value of MaxNumberOfJobs, [{number}]. Provide additional ranges."
        )
