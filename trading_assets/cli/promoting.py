"""What `model promote` does: gather the evidence, then decide on the record."""

from getpass import getuser

from trading_assets.defs.challenger import promotion_evidence
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import UsageError
from trading_assets.tracking.decisions import Promotion
from trading_assets.tracking.ledger import RegistryEntry


def promote_version(workspace: Workspace, version: str, promotion: Promotion) -> RegistryEntry:
    """Let a version serve, on the evidence of the signals that it and the one that serves have both scored.

    Raises:
        CheckFailedError: The evidence stands against it and the promotion is not forced.
        ModelError: Unknown version, no reason, or a file that is not what the ledger pins.
    """
    evidence = promotion_evidence(workspace, version, promotion.valid_from)
    return workspace.registry.promote(version, promotion, evidence)


def login_name() -> str:
    """Return the name whoever runs the command is logged in under.

    Raises:
        UsageError: The system does not know it, as in a container without accounts.
    """
    try:
        return getuser()
    except (KeyError, OSError) as error:
        msg = "who promotes is unknown: this account has no name. Say it with --by NAME."
        raise UsageError(msg) from error
