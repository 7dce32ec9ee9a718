"""A workflow's graph: nodes of triggers, jobs and crawlers, and the edges between them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from lakestack.services.glue.triggers.trigger import Node, Trigger

JsonDict = dict[str, Any]


def node_id(workflow: str, node: Node) -> str:
    """The UniqueId of a node: the same in a workflow and in all its runs."""
    text = "\n".join((workflow, *node))
    return f"wnode_{hashlib.sha256(text.encode()).hexdigest()}"


def action_nodes(triggers: Iterable[Trigger]) -> list[Node]:
    """The jobs and crawlers that triggers start, each once."""
    return list(dict.fromkeys(node for trigger in triggers for node in trigger.targets))


def graph(workflow: str, triggers: list[Trigger], details: Callable[[Node], JsonDict]) -> JsonDict:
    """The WorkflowGraph structure.

    Args:
        workflow: its name
        triggers: of the workflow
        details: ``JobDetails`` or ``CrawlerDetails`` of a node
    """

    def unique(node: Node) -> str:
        return node_id(workflow, node)

    nodes: list[JsonDict] = []
    edges: list[tuple[str, str]] = []
    for trigger in triggers:
        own = unique(("trigger", trigger.name))
        nodes.append(
            {
                "Type": "TRIGGER",
                "Name": trigger.name,
                "UniqueId": own,
                "TriggerDetails": {"Trigger": trigger.as_api()},
            }
        )
        edges += [(unique(node), own) for node in trigger.watched]
        edges += [(own, unique(node)) for node in trigger.targets]
    watched = [node for trigger in triggers for node in trigger.watched]
    nodes += [
        {"Type": node[0].upper(), "Name": node[1], "UniqueId": unique(node), **details(node)}
        for node in dict.fromkeys([*action_nodes(triggers), *watched])
    ]
    return {
        "Nodes": nodes,
        "Edges": [{"SourceId": a, "DestinationId": b} for a, b in dict.fromkeys(edges)],
    }


def downstream(triggers: list[Trigger], begin: Iterable[Node]) -> tuple[set[Node], set[str]]:
    """What comes after nodes: jobs and crawlers, and triggers by name."""
    nodes: set[Node] = set()
    names: set[str] = set()
    reached = set(begin)
    while reached:
        following = {t.name: t for t in triggers if t.name not in names and reached & {*t.watched}}
        names |= following.keys()
        reached = {node for t in following.values() for node in t.targets} - nodes
        nodes |= reached
    return nodes, names


def cycle(triggers: list[Trigger], new: Trigger) -> list[str]:
    """The names of jobs and crawlers along a way that leads from a trigger back to itself.

    Args:
        triggers: all others that `new` could make a cycle with
        new: the trigger that is added or changed
    """
    others = [trigger for trigger in triggers if trigger.name != new.name]
    ways: list[list[Node]] = [[node] for node in new.targets]
    seen: set[Node] = set()
    while ways:
        way = ways.pop()
        if way[-1] in new.watched:
            return [name for _, name in [*way, *new.targets[:1]]]
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        ways += [[*way, t] for o in others if way[-1] in o.watched for t in o.targets]
    return []
