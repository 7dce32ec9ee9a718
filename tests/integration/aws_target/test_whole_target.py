"""The whole aws target through the command line, in an account of moto's and doubles."""

from __future__ import annotations

from tests.integration.aws_target.account import Account


def test_run(account: Account) -> None:
    ended = account.run()
    assert ended.code == 0, ended.stderr
