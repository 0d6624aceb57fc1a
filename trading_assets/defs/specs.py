"""What the Dagster pages say about an asset: description, columns with units, kinds; made from its contract."""

from collections.abc import Sequence

import dagster as dg

from trading_assets.tables.contract import Column, Contract

OWNERS = ["team:desk"]
#: Pool of the steps that read all sessions and replace a whole table: of two at once, the later could know less.
WHOLE_TABLES = "whole_tables"


def asset_spec(
    contract: Contract, group: str, deps: Sequence[dg.AssetDep | str] = (), *, kinds: Sequence[str] = ("parquet",)
) -> dg.AssetSpec:
    """Build the spec of the asset that fills a table."""
    return dg.AssetSpec(
        contract.name,
        deps=list(deps),
        group_name=group,
        description=describe(contract),
        kinds={"python", *kinds},
        owners=OWNERS,
        metadata={"dagster/column_schema": column_schema(contract), "dagster/table_name": contract.name},
    )


def describe(contract: Contract) -> str:
    """Say in Markdown what a row is, when the table is ready and who reads it."""
    key = ", ".join(f"`{name}`" for name in contract.key)
    return (
        f"**One row:** {contract.grain}.\n\n**Ready:** {contract.ready}.\n\n"
        f"**Read by:** {contract.readers}.\n\n**Key:** {key}."
    )


def column_schema(contract: Contract) -> dg.TableSchema:
    """List the columns with kind, unit and meaning."""
    return dg.TableSchema(columns=[_column(column, contract) for column in contract.columns])


def _column(column: Column, contract: Contract) -> dg.TableColumn:
    unit = f" [{column.unit}]" if column.unit else ""
    return dg.TableColumn(
        name=column.name,
        type=column.kind,
        description=f"{column.meaning}{unit}",
        constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=contract.key == (column.name,)),
    )
