"""SimulatePrincipalPolicy and SimulateCustomPolicy, in the place of LocalStack's.

IAM API Reference, "SimulatePrincipalPolicy" (ResourceArns is ``*`` by default; the policies of a
user's groups count as the user's) and "SimulateCustomPolicy".
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.iam import InvalidInputException

from lakestack import patches
from lakestack.services.base import aws_error, client
from lakestack.services.iam.conditions import Context
from lakestack.services.iam.documents import PolicyError, Statement, statements
from lakestack.services.iam.evaluation import Decision, decide

MOST_ITEMS = 100
"""API Reference: MaxItems by default."""
_KINDS = ("user", "group", "role")


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("iam.simulate_principal", simulate_principal_policy)
    patches.replace("iam.simulate_custom", simulate_custom_policy)


@handler("SimulatePrincipalPolicy", expand=False)
def simulate_principal_policy(_provider: Any, context: RequestContext, request: Any) -> Any:
    """Evaluate the policies of a principal, and what is given beside them.

    Raises:
        NoSuchEntityException: no such principal
        InvalidInputException: a policy or an ARN cannot be read
    """
    iam, arn = client(context.account_id, context.region, "iam"), request["PolicySourceArn"]
    resource = arn.split(":", 5)[-1]
    kind, name = resource.partition("/")[0], resource.rpartition("/")[2]
    if kind not in _KINDS or not name:
        raise InvalidInputException(f"Invalid Entity Arn: {arn}")
    title = kind.capitalize()
    about = getattr(iam, f"get_{kind}")(**{f"{title}Name": name})[title]
    if about["Arn"] != arn:
        raise aws_error("NoSuchEntity", f"The {kind} with ARN {arn} cannot be found.", 404)
    found, limits = _policies(iam, kind, name), _boundary(iam, about)
    return _simulated(request, found, limits, request.get("CallerArn") or arn)


@handler("SimulateCustomPolicy", expand=False)
def simulate_custom_policy(_provider: Any, _context: RequestContext, request: Any) -> Any:
    """Evaluate the policies of the request.

    Raises:
        InvalidInputException: a policy cannot be read
    """
    return _simulated(request, [], None, request.get("CallerArn") or "")


def _policies(iam: Any, kind: str, name: str) -> list[Statement]:
    """The statements of a principal's policies, inline and managed."""
    title = kind.capitalize()
    found: list[Statement] = []
    inline = getattr(iam, f"list_{kind}_policies")(**{f"{title}Name": name})["PolicyNames"]
    for policy in inline:
        read = getattr(iam, f"get_{kind}_policy")
        document = read(**{f"{title}Name": name, "PolicyName": policy})["PolicyDocument"]
        found += _read(document, f"{kind}_{name}_{policy}")
    attached = getattr(iam, f"list_attached_{kind}_policies")(**{f"{title}Name": name})
    for policy in attached["AttachedPolicies"]:
        found += _managed(iam, policy["PolicyArn"], policy["PolicyName"])
    if kind == "user":
        for group in iam.list_groups_for_user(UserName=name)["Groups"]:
            found += _policies(iam, "group", group["GroupName"])
    return found


def _boundary(iam: Any, about: Any) -> list[Statement] | None:
    """The statements of a principal's boundary, None where there is none; a group has none."""
    arn = (about.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return _managed(iam, arn, arn.rpartition("/")[2]) if arn else None


def _managed(iam: Any, arn: str, name: str) -> list[Statement]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    return _read(document["Document"], name)


def _read(document: Any, source: str, kind: str = "IAM Policy") -> list[Statement]:
    try:
        return statements(document, source, kind)
    except PolicyError as e:
        raise InvalidInputException(str(e)) from e


def _simulated(
    request: Any, policies: list[Statement], limits: list[Statement] | None, caller: str
) -> Any:
    for at, document in enumerate(request.get("PolicyInputList") or (), 1):
        policies = [*policies, *_read(document, f"PolicyInputList.{at}")]
    for at, document in enumerate(request.get("PermissionsBoundaryPolicyInputList") or (), 1):
        # The API's boundary stands in for the principal's own.
        limits = _read(document, f"PermissionsBoundaryPolicyInputList.{at}")
    given = request.get("ResourcePolicy")
    own = _read(given, "ResourcePolicy", "Resource Policy") if given else []
    context = _context(request)
    try:
        results = [
            _result(
                action,
                resource,
                decide(
                    action,
                    resource,
                    policies,
                    context,
                    boundary=limits,
                    resource_policy=own,
                    caller=caller,
                ),
            )
            for action in request["ActionNames"]
            for resource in request.get("ResourceArns") or ["*"]
        ]
    except PolicyError as e:
        raise InvalidInputException(str(e)) from e
    return _page(results, request)


def _context(request: Any) -> Context:
    return {
        entry["ContextKeyName"].lower(): list(entry.get("ContextKeyValues") or ())
        for entry in request.get("ContextEntries") or ()
        if entry.get("ContextKeyName")
    }


def _result(action: str, resource: str, decision: Decision) -> dict[str, Any]:
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": decision.decision,
        "MatchedStatements": [
            {"SourcePolicyId": s.source, "SourcePolicyType": s.kind} for s in decision.matched
        ],
        "MissingContextValues": sorted(decision.missing),
    }
    if decision.within_boundary is not None:
        result["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": decision.within_boundary
        }
    return result


def _page(results: list[dict[str, Any]], request: Any) -> dict[str, Any]:
    marker = request.get("Marker") or "0"
    if not marker.isdigit() or int(marker) > len(results):
        raise InvalidInputException(f"Marker {marker} is not one of this request's")
    start = int(marker)
    end = start + (request.get("MaxItems") or MOST_ITEMS)
    page = {"EvaluationResults": results[start:end], "IsTruncated": end < len(results)}
    return {**page, "Marker": str(end)} if end < len(results) else page
