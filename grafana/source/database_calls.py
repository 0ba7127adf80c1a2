"""What the panels on database calls read: of which choice, and by which labels."""

from .names import DATABASE
from .queries import SERVICE

OF_SYSTEM = f'{SERVICE},db_system_name=~"$system"'
CHOSEN = f'{OF_SYSTEM},db_collection_name=~"$table"'
CALLS = f"{DATABASE}_count"
BY_TABLE = "db_system_name, db_collection_name"
TABLE_LEGEND = "{{db_system_name}} {{db_collection_name}}"
