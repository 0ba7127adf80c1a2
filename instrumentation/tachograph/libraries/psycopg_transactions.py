"""psycopg 3's transactions, sync and async, as it begins and ends them: what they share are generators."""

from collections.abc import Generator
from typing import Any

import psycopg

from ..databases import transactions
from ..harmless import harmless
from ..patches import Patches
from ..wrap import Function, Switch
from .psycopg_readers import database_of


def watch_transactions(patches: Patches) -> None:
    """Watch the transactions of all connections."""
    patches.wrap(owner_of(psycopg.Connection, "_get_tx_start_command"), "_get_tx_start_command", _begins)
    patches.wrap(owner_of(psycopg.Connection, "_commit_gen"), "_commit_gen", _commits)
    patches.wrap(owner_of(psycopg.Connection, "_rollback_gen"), "_rollback_gen", _rolls_back)
    patches.wrap(owner_of(psycopg.Connection, "_tpc_finish_gen"), "_tpc_finish_gen", _finishes)
    patches.wrap(psycopg.Connection, "close", _closes)
    patches.wrap(psycopg.AsyncConnection, "close", _async_closes)
    patches.wrap(owner_of(psycopg.Transaction, "_exit_gen"), "_exit_gen", _exits)


def owner_of(kind: type, name: str) -> type:
    """Return the class that a method is written in."""
    return next(each for each in kind.__mro__ if name in vars(each))


def _begins(function: Function, switch: Switch) -> Function:
    def command(connection: Any) -> Any:
        if switch.on:
            _begin(connection)
        return function(connection)

    return command


@harmless
def _begin(connection: Any) -> None:
    transactions.begin(connection, database_of(connection))


def _commits(function: Function, _switch: Switch) -> Function:
    def commit(connection: Any) -> Generator[Any, Any, Any]:
        try:
            result = yield from function(connection)
        except BaseException:
            transactions.end(connection, "failed")
            raise
        transactions.end(connection, "commit")
        return result

    return commit


def _rolls_back(function: Function, _switch: Switch) -> Function:
    def rollback(connection: Any) -> Generator[Any, Any, Any]:
        try:
            return (yield from function(connection))
        finally:
            transactions.end(connection, "rollback")

    return rollback


def _finishes(function: Function, _switch: Switch) -> Function:
    def finish(connection: Any, action: str, xid: Any) -> Generator[Any, Any, Any]:
        ending: transactions.Ending = "commit" if action == "COMMIT" else "rollback"
        try:
            result = yield from function(connection, action, xid)
        except BaseException:
            transactions.end(connection, "failed" if ending == "commit" else ending)
            raise
        transactions.end(connection, ending)
        return result

    return finish


def _closes(function: Function, _switch: Switch) -> Function:
    def close(connection: Any) -> None:
        function(connection)
        if connection.closed:
            transactions.end(connection, "rollback")

    return close


def _async_closes(function: Function, _switch: Switch) -> Function:
    async def close(connection: Any) -> None:
        await function(connection)
        if connection.closed:
            transactions.end(connection, "rollback")

    return close


def _exits(function: Function, _switch: Switch) -> Function:
    def exit_block(transaction: Any, kind: Any, error: Any, traceback: Any) -> Generator[Any, Any, Any]:
        outermost = transaction._outer_transaction  # noqa: SLF001 - psycopg tells it nowhere else
        ending: transactions.Ending = "rollback" if error is not None or transaction.force_rollback else "commit"
        try:
            result = yield from function(transaction, kind, error, traceback)
        except BaseException:
            ending = "failed" if ending == "commit" else ending
            raise
        finally:
            if outermost:
                transactions.end(transaction.connection, ending)
        return result

    return exit_block
