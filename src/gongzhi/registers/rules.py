"""Who may bring in files of records, and for where."""

from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor, Permission, Role
from gongzhi.shared.registers import Register, registers

from .models import Import

IMPORT = Permission(
    code="registers.import-file",
    label="导入登记表",
    # A file writes thousands of rows: not for a single community's desk.
    roles=frozenset({Role.COUNTY_OPERATOR, Role.CENTER_OPERATOR, Role.TOWN_OFFICER}),
)


def require_receive(by: Actor, register: Register, place: Place) -> None:
    """:raises PermissionDenied: *by* may not bring *register* in for *place*."""
    IMPORT.require_at(by, place.path)
    register.permission.require_at(by, place.path)


def require_import(by: Actor, batch: Import) -> None:
    """
    :raises PermissionDenied: *by* may not handle this import: another place's, or not their kind
    of record.
    """
    IMPORT.require(by, batch)
    registers()[batch.register].permission.require_at(by, batch.place.path)
