"""The types of entities that are found here, each by its form, its check digits, or its column.

It imports neither Spark nor boto3: ``lake glue check`` reads it, too.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Check = Callable[[str], bool]
Span = tuple[int, int]


def _any(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Form:
    """A form that entities of a type have.

    Attributes:
        pattern: what they look like
        check: whether a text that looks so is one
        columns: what the name of a column must have in it, where the form alone says little; None:
            it is looked for in each column
    """

    pattern: re.Pattern[str]
    check: Check = _any
    columns: re.Pattern[str] | None = None


def spans(kind: str, column: str, text: str) -> list[Span]:
    """Where entities of a type stand in a text, in no order; none overlaps another.

    Args:
        kind: one of `MANAGED`
        column: the name of the text's column
    """
    found: list[Span] = []
    for form in MANAGED[kind]:
        if form.columns is None or form.columns.search(words(column)):
            for each in form.pattern.finditer(text):
                start, end = each.span()
                apart = all(end <= other[0] or start >= other[1] for other in found)
                if apart and form.check(each[0]):
                    found.append((start, end))
    return found


def words(column: str) -> str:
    """A column's name in small letters, its words apart: ``customerName`` is ``customer name``."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)
    return " ".join(re.findall(r"[a-z0-9]+", parts.lower()))


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isascii() and c.isdigit()]


def luhn(text: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for at, digit in enumerate(reversed(_digits(text))):
        total += digit if at % 2 == 0 else sum(divmod(2 * digit, 10))
    return total % 10 == 0


def _card(text: str) -> bool:
    return len(set(_digits(text))) > 1 and luhn(text)


def _npi(text: str) -> bool:
    """CMS, "Requirements for National Provider Identifier (NPI) check digit"."""
    return luhn("80840" + text)


def _dea(text: str) -> bool:
    """The last digit of a sum: the 1st, 3rd and 5th, and twice the 2nd, 4th and 6th digit."""
    d = _digits(text)[-7:]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def _iban(text: str) -> bool:
    """ISO 13616: divided by 97, one is left."""
    packed = text.replace(" ", "")
    turned = packed[4:] + packed[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(c.isalnum() for c in text)


_PROCEDURE = re.compile(r"\b(?:cpt|hcpcs|procedure)\b")

MANAGED: Mapping[str, tuple[Form, ...]] = {
    "BANK_ACCOUNT": (
        Form(
            re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"),
            _iban,
        ),
        Form(
            re.compile(r"(?<!\w)[0-9]{6,17}(?!\w)"),
            columns=re.compile(r"\b(?:account|acct|iban|bank)"),
        ),
    ),
    "CREDIT_CARD": (Form(re.compile(r"(?<![\w-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])"), _card),),
    "DATE": (
        Form(
            re.compile(
                r"(?<![0-9])(?:[0-9]{4}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12][0-9]|3[01])"
                r"|(?:0?[1-9]|[12][0-9]|3[01])[-/.](?:0?[1-9]|[12][0-9]|3[01])[-/.](?:19|20)[0-9]{2})"
                r"(?![0-9])"
            )
        ),
    ),
    "EMAIL": (
        Form(
            re.compile(
                r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}"
            )
        ),
    ),
    "IP_ADDRESS": (
        Form(
            re.compile(
                r"(?<![\w.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
                r"|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:])"
            ),
            _address,
        ),
    ),
    "MAC_ADDRESS": (
        Form(
            re.compile(
                r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])"
            )
        ),
    ),
    "PERSON_NAME": (
        Form(
            re.compile(r"\A[^\W\d_]+(?:['\u2019. -]{1,2}[^\W\d_]+){0,5}\.?\Z"),
            columns=re.compile(
                r"^(?:full |complete )?name$"
                r"|\b(?:first|last|full|middle|given|family|sur|maiden|person|customer|client|patient"
                r"|employee|contact|member|student|teacher|author|holder|cardholder|beneficiary"
                r"|owner|manager|doctor|physician|recipient|sender|candidate|passenger|guest|tenant"
                r"|borrower|applicant|emp|cust|staff|worker|driver|spouse|father|mother|parent)s?"
                r" ?name\b"
            ),
        ),
    ),
    "PHONE_NUMBER": (
        Form(
            re.compile(
                r"(?<![\w+.-])(?:(?:\+?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-]?)"
                r"[2-9][0-9]{2}[ .-]?[0-9]{4}"
                r"|\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{2,4}\)?){2,5})(?![\w-])"
            )
        ),
        Form(
            re.compile(r"(?<!\w)\+?[0-9(](?:[ .()-]{0,2}[0-9]){6,14}(?!\w)"),
            columns=re.compile(r"\b(?:phone|telephone|mobile|cell|fax)"),
        ),
    ),
    "USA_CPT_CODE": (Form(re.compile(r"(?<!\w)[0-9]{4}[0-9FTU](?!\w)"), columns=_PROCEDURE),),
    "USA_DEA_NUMBER": (Form(re.compile(r"(?<!\w)[A-HJ-NPRSTUX][A-Z9][0-9]{7}(?!\w)"), _dea),),
    "USA_DRIVING_LICENSE": (
        Form(
            re.compile(r"(?<!\w)(?=[A-Z-]*[0-9])[A-Z0-9](?:-?[A-Z0-9]){4,19}(?!\w)"),
            columns=re.compile(r"\b(?:driv|dl\b|licen[cs]e)"),
        ),
    ),
    "USA_HCPCS_CODE": (Form(re.compile(r"(?<!\w)[A-V][0-9]{4}(?!\w)"), columns=_PROCEDURE),),
    "USA_HEALTH_INSURANCE_CLAIM_NUMBER": (
        Form(re.compile(r"(?<!\w)[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[A-Z][A-Z0-9]?(?!\w)")),
    ),
    "USA_ITIN": (
        Form(
            re.compile(
                r"(?<![\w-])9[0-9]{2}([ -])(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])\1"
                r"[0-9]{4}(?![\w-])"
            )
        ),
        Form(
            re.compile(r"(?<!\w)9[0-9]{2}(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[0-9]{4}(?!\w)"),
            columns=re.compile(r"\b(?:itin|tax)"),
        ),
    ),
    "USA_MEDICARE_BENEFICIARY_IDENTIFIER": (
        Form(
            re.compile(  # CMS, "Understanding the MBI format": no S, L, O, I, B and Z
                r"(?<!\w)[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]"
                r"[0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}(?!\w)"
            )
        ),
    ),
    "USA_NATIONAL_DRUG_CODE": (
        Form(
            re.compile(
                r"(?<![\w-])(?:[0-9]{4}-[0-9]{4}-[0-9]{2}"
                r"|[0-9]{5}-(?:[0-9]{3}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}))(?![\w-])"
            )
        ),
    ),
    "USA_NATIONAL_PROVIDER_IDENTIFIER": (
        Form(
            re.compile(r"(?<!\w)[12][0-9]{9}(?!\w)"),
            _npi,
            re.compile(r"\b(?:npi|provider)\b"),
        ),
    ),
    "USA_PASSPORT_NUMBER": (
        Form(
            re.compile(r"(?<!\w)(?:[A-Z][0-9]{8}|[0-9]{9})(?!\w)"),
            columns=re.compile(r"\bpassport"),
        ),
    ),
    "USA_SSN": (
        Form(
            re.compile(
                r"(?<![\w-])(?!000|666|9)[0-9]{3}([ -])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![\w-])"
            )
        ),
        Form(
            re.compile(r"(?<!\w)(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}(?!\w)"),
            columns=re.compile(r"\b(?:ssn|social)"),
        ),
    ),
}
"""By AWS's names."""


def is_managed(name: str) -> bool:
    """Whether a name has the form of AWS's own types; others are names of custom entity types."""
    return name.isascii() and name.isupper() and name.replace("_", "").isalnum()


INSTEAD = "a custom entity type (glue create-custom-entity-type) with a pattern of its own"
"""What to use in the place of a type of AWS's that is not here."""
