"""Notebook instances and lifecycle configurations: recorded, with the states of AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/notebooks"


def test_an_instance_is_stopped_changed_and_deleted(aws: Callable[[str], Any], name: str) -> None:
    sagemaker = aws("sagemaker")
    sagemaker.create_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName=name, OnStart=[{"Content": "ZWNobwo="}]
    )
    # A type that moto's list does not know.
    sagemaker.create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType="ml.g5.xlarge",
        RoleArn=ROLE,
        LifecycleConfigName=name,
    )

    found = sagemaker.describe_notebook_instance(NotebookInstanceName=name)
    assert found["NotebookInstanceStatus"] == "InService"
    assert (found["VolumeSizeInGB"], found["NotebookInstanceLifecycleConfigName"]) == (5, name)
    with pytest.raises(ClientError, match="InService"):
        sagemaker.delete_notebook_instance(NotebookInstanceName=name)
    with pytest.raises(ClientError, match="use it"):
        sagemaker.delete_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=name
        )
    sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    sagemaker.update_notebook_instance(
        NotebookInstanceName=name, VolumeSizeInGB=9, DisassociateLifecycleConfig=True
    )
    found = sagemaker.describe_notebook_instance(NotebookInstanceName=name)
    assert found["VolumeSizeInGB"] == 9
    assert "NotebookInstanceLifecycleConfigName" not in found
    listed = sagemaker.list_notebook_instances(NameContains=name, StatusEquals="Stopped")
    assert [each["NotebookInstanceName"] for each in listed["NotebookInstances"]] == [name]
    sagemaker.delete_notebook_instance(NotebookInstanceName=name)
    sagemaker.delete_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=name)
    with pytest.raises(ClientError, match="RecordNotFound"):
        sagemaker.describe_notebook_instance(NotebookInstanceName=name)


def test_a_lifecycle_configuration_must_be_there(aws: Callable[[str], Any], name: str) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        aws("sagemaker").create_notebook_instance(
            NotebookInstanceName=name,
            InstanceType="ml.t3.medium",
            RoleArn=ROLE,
            LifecycleConfigName=name,
        )
