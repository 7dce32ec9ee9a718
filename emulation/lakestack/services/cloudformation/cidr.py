"""``Fn::Cidr``: the blocks of a network. AWS CloudFormation Template Reference, "Fn::Cidr"."""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError


def cidr_blocks(argument: Any) -> list[str]:
    """CIDR blocks of ``[ipBlock, count, cidrBits]``; "Fn::Cidr" of the reference.

    Without cidrBits the block is shared out evenly, which is our guess.

    Raises:
        ValidationError: not such a list, or the block does not hold so many
    """
    try:
        block, count, *bits = argument
        network = ipaddress.ip_network(str(block))
        number = int(count)
        if not 1 <= number <= 256:
            raise ValueError(f"count is {number}, valid are 1 to 256")
        prefix = (
            network.max_prefixlen - int(bits[0])
            if bits
            else network.prefixlen + (number - 1).bit_length()
        )
        found = list(itertools.islice(network.subnets(new_prefix=prefix), number))
        if len(found) < number:
            raise ValueError(f"{network} holds {len(found)} blocks of /{prefix}, not {number}")
    except (ValueError, TypeError) as e:
        raise ValidationError(f"Template error: Fn::Cidr is not valid: {e}") from e
    return [str(subnet) for subnet in found]
