"""The Data Quality Definition Language: rulesets as text, read into `model`. Needs no Spark."""

from .errors import RulesetError
from .model import Composite, Condition, Rule, Ruleset
from .parser import parsed

__all__ = ["Composite", "Condition", "Rule", "Ruleset", "RulesetError", "parsed"]
