"""Where a template comes from: the request's text, or an S3 URL in any of AWS's styles.

AWS CloudFormation API Reference, "CreateStack"; Amazon S3 User Guide, "Virtual hosting of general
purpose buckets".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from botocore.exceptions import ClientError
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.engine.yaml_parser import NoDatesSafeLoader

from lakestack.services.base import client

Template = dict[str, Any]
MAX_INLINE_BYTES = 51_200
MAX_S3_BYTES = 1_048_576

# s3, s3-us-west-2, s3.us-west-2, s3.dualstack.us-west-2, s3-accelerate; or this emulator's names.
_DOMAIN = r"(?:amazonaws\.com(?:\.cn)?|localhost\.localstack\.cloud)"
_S3 = rf"s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)*\.{_DOMAIN}"
_PATH_STYLE = re.compile(rf"(?:{_S3}|localhost|127\.0\.0\.1|localhost\.localstack\.cloud)")
_VIRTUAL_HOST = re.compile(rf"(?P<bucket>.+?)\.{_S3}")


# PyYAML's constructors of tagged values raise whatever Python does: ``!!bool x`` a KeyError.
_NOT_YAML = (
    *(yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, OverflowError),
    RecursionError,
)
# XML 1.0 cannot carry these, not even escaped: whoever describes the stack could not read the
# answer. JSON writes control characters as \\u00..; after an even number of backslashes.
_ESCAPED = re.compile(
    r"(?<!\\)(?:\\\\)*\\(?:[bf]|u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]))|[\ufffe\uffff]"
)


class _Loader(NoDatesSafeLoader):
    """LocalStack's loader, which knows the short forms of functions, but refuses what AWS does.

    Keys that are no scalars, and aliases, which could multiply without bound. Of a key that stands
    twice the last value counts, as on AWS.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ValidationError(
                "Template format error: YAML aliases are not allowed in CloudFormation templates"
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "found a key that is no scalar", key.start_mark
                )
        return dict(super().construct_mapping(node, deep=deep))


def template_text(request: Mapping[str, Any], account: str, region: str) -> str:
    """The template's text as the request gives it.

    Raises:
        ValidationError: neither or both of TemplateBody and TemplateURL; too large; not there
    """
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    if bool(body) == bool(url):
        raise ValidationError("Either Template URL or Template Body must be specified.")
    if url:
        return _from_s3(url, account, region)
    if len(str(body).encode()) > MAX_INLINE_BYTES:
        raise ValidationError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_INLINE_BYTES}"
        )
    return str(body)


def parse_template(text: str) -> Template:
    """Read JSON or YAML.

    Raises:
        ValidationError: not well-formed, with the line; or not an object
    """
    template = parse_fragment(text)
    _write_parameters_as_text(template.get("Parameters"))
    return template


def parse_fragment(text: str) -> dict[str, Any]:
    """Read JSON or YAML of a part of a template; raises as `parse_template`."""
    parsed = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    if not isinstance(parsed, dict):
        raise ValidationError("Template format error: unsupported structure.")
    try:
        # Plain JSON throughout: no keys that are numbers, no sets or bytes, no NaN.
        plain = json.dumps(parsed, allow_nan=False, ensure_ascii=False)
        plain.encode()
        template = dict(json.loads(plain))
    except (TypeError, ValueError, RecursionError) as e:
        problem = "nested too deeply" if isinstance(e, RecursionError) else e
        raise ValidationError(f"Template format error: unsupported structure. {problem}") from e
    if _ESCAPED.search(plain):
        raise ValidationError("Template format error: special characters are not allowed")
    return template


def _write_parameters_as_text(declared: Any) -> None:
    """Defaults and allowed values are texts, whatever YAML or JSON takes them for."""
    for declaration in declared.values() if isinstance(declared, dict) else ():
        if not isinstance(declaration, dict):
            continue
        if "Default" in declaration:
            declaration["Default"] = as_text(declaration["Default"])
        if isinstance(allowed := declaration.get("AllowedValues"), list):
            declaration["AllowedValues"] = [as_text(value) for value in allowed]


def as_text(value: Any) -> Any:
    """A number, true or false as CloudFormation writes it; anything else as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def node_of(text: str) -> yaml.Node | None:
    """The text's tree with the lines of its parts; None if it is not well-formed."""
    try:
        root: yaml.Node | None = yaml.compose(text, _Loader)
    except (*_NOT_YAML, ValidationError):
        return None
    return root


def text_of_location(location: str, account: str, region: str) -> str:
    """The text of an S3 object, named by ``s3://bucket/key`` or by a URL of S3.

    Raises:
        ValidationError: not such a name, or not there
    """
    if location.startswith("s3://"):
        bucket, _, key = location.removeprefix("s3://").partition("/")
        return _read(bucket, key, None, account, region)
    return _from_s3(location, account, region)


def s3_location(url: str) -> tuple[str, str, str | None]:
    """Split an S3 URL into bucket, key and version id.

    Raises:
        ValidationError: not an S3 URL
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        raise ValidationError(
            f"S3 error: Domain name specified in {parts.netloc} is not a valid S3 domain"
        )
    host = (parts.hostname or "").lower()
    path = unquote(parts.path).lstrip("/")
    if _PATH_STYLE.fullmatch(host):
        bucket, _, key = path.partition("/")
    elif found := _VIRTUAL_HOST.fullmatch(host):
        bucket, key = found["bucket"], path
    else:
        bucket = key = ""
    if parts.scheme not in ("http", "https") or not bucket or not key:
        raise ValidationError("TemplateURL must be a supported URL.")
    version = parse_qs(parts.query).get("versionId")
    return bucket, key, version[0] if version else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as e:
        raise ValidationError("Template format error: JSON is nested too deeply.") from e
    except ValueError as e:
        try:  # a flow mapping of YAML begins with a brace too
            return _yaml(text)
        except ValidationError as of_yaml:
            if "aliases" in str(of_yaml):
                raise
            # AWS names the column behind what it stumbles over.
            line, column = getattr(e, "lineno", 0), getattr(e, "colno", 0) + 1
            raise ValidationError(
                f"Template format error: JSON not well-formed. (line {line}, column {column})"
            ) from e


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except _NOT_YAML as e:
        mark = getattr(e, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = getattr(e, "problem", None)
        raise ValidationError(
            f"Template format error: YAML not well-formed.{where}"
            + (f" {problem}" if problem else "")
        ) from e


def _from_s3(url: str, account: str, region: str) -> str:
    return _read(*s3_location(url), account, region)


def _read(bucket: str, key: str, version: str | None, account: str, region: str) -> str:
    extra = {"VersionId": version} if version else {}
    try:
        answer = client(account, region, "s3").get_object(Bucket=bucket, Key=key, **extra)
    except ClientError as e:
        raise ValidationError(f"S3 error: {e.response['Error']['Message']}") from e
    content: bytes = answer["Body"].read(MAX_S3_BYTES + 1)
    if len(content) > MAX_S3_BYTES:
        raise ValidationError(
            f"Template may not exceed {MAX_S3_BYTES} bytes in size: s3://{bucket}/{key}"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise ValidationError(f"Template format error: not UTF-8: s3://{bucket}/{key}") from e
