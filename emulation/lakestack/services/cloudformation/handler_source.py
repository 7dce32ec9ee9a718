"""What the source of a resource type's handler says it does with properties.

A property counts as used where its name stands in what `create` or `update` do, or in a function or
constant of their module that they name, however far; not where it only names a part of an
operation's answer, or of the model that is given back.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

from botocore import xform_name
from localstack.aws.spec import load_service

_WITHOUT_HANDLER = {"delete", "read", "list", "delete_resource", "is_gone"}
"""Methods that make nothing of a property."""

_CALL = re.compile(r"([\w.]+)\.(\w+)\(")
_CLIENT = re.compile(r"\b([\w.]+) = [\w.]*aws_client_factory\.(\w+)")
_MAKING = ("create", "put", "run", "register", "request", "publish", "add", "upload")
"""How the names of operations that make something begin."""


def creating_operation(provider: type) -> str | None:
    """``service:Operation`` that a handler's `create` asks first for something new."""
    create: Any = getattr(provider, "create", None)
    source = inspect.getsource(create)
    for verb in _MAKING:
        for client, method in _CALL.findall(source):
            if not method.startswith(f"{verb}_"):
                continue
            if (service := _service_of(client, inspect.getmodule(create))) is None:
                continue
            names = {xform_name(n): n for n in load_service(service).operation_names}
            if method in names:
                return f"{service}:{names[method]}"
    return None


def _service_of(client: str, module: Any) -> str | None:
    """The service behind a client's name in a handler's source."""
    source = inspect.getsource(module)
    direct = client.rpartition("aws_client_factory.")[2] if "aws_client_factory" in client else None
    if direct is None:
        direct = next((made for name, made in _CLIENT.findall(source) if name == client), None)
    if direct is None:
        return None
    name = direct.rstrip("_").replace("_", "-")
    try:
        load_service(name)
    except Exception:  # LocalStack's own error, of a module of its own
        return None
    return name


def named_in(provider: type) -> set[str]:
    """Texts in what a handler and its bases do to make or change a resource."""
    found: set[str] = set()
    for base in provider.__mro__:
        module = sys.modules.get(base.__module__)
        if module is None or not base.__module__.startswith(("localstack.services", "lakestack")):
            continue
        if base.__module__.startswith("localstack.services.cloudformation.resource_provider."):
            continue
        found |= _texts(ast.parse(inspect.getsource(module)), base.__name__)
    return found


def named_in_update(provider: type) -> set[str] | None:
    """Texts in what one of LocalStack's handlers does to change a resource.

    None where it cannot change any, which is told when it is asked to, and for handlers of ours,
    which name what they refuse.
    """
    update: Any = getattr(provider, "update", None)
    if not update.__module__.startswith("localstack.services"):
        return None
    if update.__qualname__.startswith("ResourceProvider."):
        return None
    module = ast.parse(inspect.getsource(sys.modules[update.__module__]))
    name = update.__qualname__.partition(".")[0]
    methods = _methods(module, name)
    body = [node for node in methods.pop("update").body if not _is_text(node)]
    if [type(node) for node in body] == [ast.Raise]:
        return None
    return _reached(list(body), {**dict(_definitions(module)), **methods})


def _texts(module: ast.Module, handler: str) -> set[str]:
    todo: list[ast.AST] = [
        node
        for body in module.body
        if isinstance(body, ast.ClassDef) and body.name == handler
        for node in body.body
        if not (isinstance(node, ast.FunctionDef) and node.name in _WITHOUT_HANDLER)
    ]
    return _reached(todo, dict(_definitions(module)))


def _methods(module: ast.Module, handler: str) -> dict[str, ast.FunctionDef]:
    return {
        node.name: node
        for body in module.body
        if isinstance(body, ast.ClassDef) and body.name == handler
        for node in body.body
        if isinstance(node, ast.FunctionDef)
    }


def _reached(todo: list[ast.AST], known: dict[str, ast.AST]) -> set[str]:
    """Texts in these nodes, and in the functions, constants and methods that they name."""
    found: set[str] = set()
    while todo:
        node = todo.pop()
        if _is_text(node):
            continue  # a docstring, which lists all properties
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        if isinstance(node, ast.Name) and node.id in known:
            todo.append(known.pop(node.id))
        if isinstance(node, ast.Attribute) and node.attr in known and _is_self(node.value):
            todo.append(known.pop(node.attr))
        if isinstance(node, ast.Subscript) and _of_answer(node):
            todo.append(node.value)
        else:
            todo += ast.iter_child_nodes(node)
    return found


def _definitions(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Functions and constants of a module, by name."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node


def _of_answer(node: ast.Subscript) -> bool:
    """Whether it sets a member, or reads one of what a call has answered."""
    if isinstance(node.ctx, ast.Store):
        return True
    return any(isinstance(inner, ast.Call) for inner in ast.walk(node.value))


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
