"""Every error a user of the pipeline can meet.

::

    LakeError                     message + hint (the next command)
    ├── TargetError               endpoint, account, credentials
    │   ├── EndpointRefusedError       `local` not on loopback, `aws` with an endpoint override
    │   ├── AccountRefusedError        wrong account for the target, or not confirmed
    │   ├── OccupiedError              somebody else's program is at the endpoint
    │   └── TargetUnreachableError     nothing answers at the endpoint
    │       └── TargetSilentError      it takes connections and says nothing
    ├── SettingsError             a setting that cannot be used
    ├── DataError                 the source data: missing, incomplete, too many bad rows
    ├── StackError                CloudFormation: the first failing resource and its reason
    ├── StageError                a stage did not do its work
    │   ├── StageTimeoutError          bounded wait ran out
    │   └── StateLostError             what an earlier step made has vanished (emulator restarted)
    ├── EvaluationError           models cannot be measured as asked
    ├── ListsError                everybody's lists cannot be made or looked up
    ├── RetrainingError          the loop could not go on; the champion keeps serving
    ├── ForeignResourceError           somebody else's has a name that the lake needs
    ├── EarlierLakeError               an earlier version has made the lake, under other names
    ├── SourceChangedError             another data source than the one that has been landed
    ├── RunLockedError                 another run holds the lake
    ├── CostError                a run would cost more than is allowed
    ├── ChecksError              `lake doctor` found something off
    ├── VerificationError        a count is off, or a validation step fails
    ├── LeftoversError            `lake destroy` could not delete everything
    └── CutOffError               login or network were lost within a command, said behind it

``message`` is one sentence that says what was found; ``hint`` is the next command or action.
The command line prints both and exits 1; nothing else may reach a user.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AccountRefusedError",
    "ChecksError",
    "CostError",
    "CutOffError",
    "DataError",
    "EarlierLakeError",
    "EndpointRefusedError",
    "EvaluationError",
    "ForeignResourceError",
    "LakeError",
    "LeftoversError",
    "ListsError",
    "OccupiedError",
    "RetrainingError",
    "RunLockedError",
    "SettingsError",
    "SourceChangedError",
    "StackError",
    "StageError",
    "StageTimeoutError",
    "StateLostError",
    "TargetError",
    "TargetSilentError",
    "TargetUnreachableError",
    "VerificationError",
]


class LakeError(Exception):
    """An error with a message for people and the next thing to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.document: dict[str, Any] | None = None
        """For ``--json``: what was found all the same."""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class TargetError(LakeError):
    """The target cannot be used."""


class EndpointRefusedError(TargetError):
    """An endpoint that this target must not speak to."""


class AccountRefusedError(TargetError):
    """The account is not the one the target or the user named."""


class OccupiedError(TargetError):
    """Somebody else's program is at the target's usual endpoint."""


class TargetUnreachableError(TargetError):
    """Nothing answers at the target's endpoint."""


class TargetSilentError(TargetUnreachableError):
    """The target's endpoint takes connections but does not answer."""


class SettingsError(LakeError):
    """A setting was given that cannot be used."""


class DataError(LakeError):
    """The source data is missing, incomplete, or has too many rows that cannot be used."""


class StackError(LakeError):
    """A CloudFormation stack failed; the message carries the first failing resource."""


class StageError(LakeError):
    """A stage could not do its work."""


class StageTimeoutError(StageError):
    """A stage waited as long as it may."""


class StateLostError(StageError):
    """Something an earlier step made is no longer there."""


class EvaluationError(LakeError):
    """Models cannot be measured as asked: a wrong value, no data, or data that cannot be split."""


class ListsError(LakeError):
    """Everybody's lists cannot be made, or one of them not be looked up."""


class RetrainingError(LakeError):
    """A round of retraining could not go on; the champion keeps serving."""


class ForeignResourceError(LakeError):
    """Something of somebody else has a name that the lake needs."""


class EarlierLakeError(LakeError):
    """An earlier version has made the lake; this one can only look at it and destroy it."""


class SourceChangedError(LakeError):
    """The lake was filled from another source than the one given now."""


class RunLockedError(LakeError):
    """Another run is at work on the same lake."""


class CostError(LakeError):
    """A run would cost more than is allowed, or nobody can say what it costs."""


class ChecksError(LakeError):
    """Something on this machine or the target is off."""


class VerificationError(LakeError):
    """A validation step failed or a count is off."""


class LeftoversError(LakeError):
    """Something that belongs to the lake is still there after `destroy`."""


class CutOffError(LakeError):
    """Login or network were lost; its cause says which, the message how far the command came."""
