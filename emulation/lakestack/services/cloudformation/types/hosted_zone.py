"""``AWS::Route53::HostedZone`` and ``AWS::Route53::RecordSetGroup``.

AWS CloudFormation Template Reference, the types: Ref of a zone is its id without a path; a group's
records are of one zone, by id or name, and change together.
"""

from __future__ import annotations

import secrets
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.changes import tag_map
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_RECORD = (
    *("AliasTarget", "Failover", "GeoLocation", "HealthCheckId", "MultiValueAnswer", "Name"),
    *("Region", "SetIdentifier", "TTL", "Type", "Weight"),
)


class HostedZone(ModelResource):
    """Ref: the zone's id."""

    TYPE = "AWS::Route53::HostedZone"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id", "NameServers")
    REPLACED_BY = ("Name", "VPCs")
    NOT_FOUND = ("NoSuchHostedZone",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        networks = model.get("VPCs") or []
        given: Model = {"Name": model["Name"], "CallerReference": secrets.token_hex(8)}
        comment = (model.get("HostedZoneConfig") or {}).get("Comment", "")
        if comment or networks:
            given["HostedZoneConfig"] = {"Comment": comment, "PrivateZone": bool(networks)}
        if networks:
            given["VPC"] = networks[0]
        answer = aws.route53.create_hosted_zone(**given)
        model["Id"] = answer["HostedZone"]["Id"].rpartition("/")[2]
        for network in networks[1:]:
            aws.route53.associate_vpc_with_hosted_zone(HostedZoneId=model["Id"], VPC=network)
        if not networks:
            model["NameServers"] = answer["DelegationSet"]["NameServers"]
        if tags := model.get("HostedZoneTags"):
            aws.route53.change_tags_for_resource(
                ResourceType="hostedzone", ResourceId=model["Id"], AddTags=tags
            )

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        comment = (model.get("HostedZoneConfig") or {}).get("Comment", "")
        aws.route53.update_hosted_zone_comment(Id=model["Id"], Comment=comment)
        new = model.get("HostedZoneTags") or ()
        changes: Model = {}
        if new:
            changes["AddTags"] = new
        if gone := sorted(set(tag_map(previous.get("HostedZoneTags") or ())) - set(tag_map(new))):
            changes["RemoveTagKeys"] = gone
        if changes:
            aws.route53.change_tags_for_resource(
                ResourceType="hostedzone", ResourceId=model["Id"], **changes
            )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.route53.delete_hosted_zone(Id=model["Id"])


class RecordSetGroup(ModelResource):
    """Ref: an id that CloudFormation makes."""

    TYPE = "AWS::Route53::RecordSetGroup"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("HostedZoneId", "HostedZoneName")
    NOT_FOUND = ("NoSuchHostedZone",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        _change(aws, model, "CREATE", model.get("RecordSets") or [])
        model["Id"] = f"{request.stack_name}-{request.logical_resource_id}-{secrets.token_hex(6)}"

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        kept = {_identity(each) for each in model.get("RecordSets") or ()}
        old = [r for r in previous.get("RecordSets") or () if _identity(r) not in kept]
        _change(aws, model, "DELETE", old)
        _change(aws, model, "UPSERT", model.get("RecordSets") or [])

    def delete_resource(self, aws: Any, model: Model) -> None:
        _change(aws, model, "DELETE", model.get("RecordSets") or [])


def _identity(record: Model) -> tuple[str, str, str]:
    return record["Name"], record["Type"], record.get("SetIdentifier", "")


def _change(aws: Any, model: Model, action: str, records: list[Model]) -> None:
    if not records:
        return
    changes = [{"Action": action, "ResourceRecordSet": _record(each)} for each in records]
    aws.route53.change_resource_record_sets(
        HostedZoneId=_zone(aws, model), ChangeBatch={"Changes": changes}
    )


def _record(given: Model) -> Model:
    made = {name: given[name] for name in _RECORD if name in given}
    if values := given.get("ResourceRecords"):
        made["ResourceRecords"] = [{"Value": value} for value in values]
    if target := made.get("AliasTarget"):
        made["AliasTarget"] = {"EvaluateTargetHealth": False, **target}
    return made


def _zone(aws: Any, model: Model) -> str:
    """The zone's id.

    Raises:
        ValueError: no zone has the name
    """
    if given := model.get("HostedZoneId"):
        return str(given)
    name = model["HostedZoneName"]
    found = aws.route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    ids = [each["Id"].rpartition("/")[2] for each in found if each["Name"] == name]
    if len(ids) != 1:
        raise ValueError(f"{len(ids)} hosted zones have the name {name}; it has to be one")
    return str(ids[0])


HostedZonePlugin = plugin(HostedZone)
RecordSetGroupPlugin = plugin(RecordSetGroup)
