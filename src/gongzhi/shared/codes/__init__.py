"""Official codes of places, organizations, citizens and phones: read, checked, masked."""

from .divisions import Division, parse_division
from .identity import (
    birth_of,
    id_check_character,
    id_faults,
    id_numbers_ok,
    make_id_number,
    normalize_id,
    require_id,
    sex_of,
)
from .masks import mask_address, mask_id, mask_name, mask_phone, polite_name
from .phones import normalize_phone, phone_faults, phones_ok, require_phone
from .uscc import (
    check_uscc,
    make_uscc,
    normalize_uscc,
    require_uscc,
    uscc_check_character,
    uscc_faults,
    uscc_kind,
    usccs_ok,
)

__all__ = [
    "Division",
    "birth_of",
    "check_uscc",
    "id_check_character",
    "id_faults",
    "id_numbers_ok",
    "make_id_number",
    "make_uscc",
    "mask_address",
    "mask_id",
    "mask_name",
    "mask_phone",
    "normalize_id",
    "normalize_phone",
    "normalize_uscc",
    "parse_division",
    "phone_faults",
    "phones_ok",
    "polite_name",
    "require_id",
    "require_phone",
    "require_uscc",
    "sex_of",
    "uscc_check_character",
    "uscc_faults",
    "uscc_kind",
    "usccs_ok",
]
