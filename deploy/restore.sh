#!/usr/bin/env bash
# Puts a copy of backup.sh into empty databases, an empty bucket and an absent home; stop the team before.
#   deploy/restore.sh /backups/2026-01-31
set -euo pipefail
source=${1:?say where from: restore.sh FOLDER}
(cd "$source" && sha256sum --check --quiet SHA256SUMS) || { echo "error: $source is not whole." >&2; exit 3; }

restored() { # DUMP URL
    tables=$(psql --no-psqlrc --tuples-only --no-align --dbname="$2" \
        --command="SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    test "$tables" = 0 || { echo "error: the database for $1 holds $tables tables; name an empty one." >&2; exit 3; }
    pg_restore --exit-on-error --single-transaction --no-owner --dbname="$2" "$1"
}

test ! -e "${TRADING_ASSETS_HOME:?}" || { echo "error: the home is there already; set it aside first." >&2; exit 3; }
restored "$source/dagster.dump" "${TRADING_ASSETS_POSTGRES_URL:?}"
test ! -e "$source/mlflow.dump" || restored "$source/mlflow.dump" "${TRADING_ASSETS_MLFLOW_POSTGRES_URL:?}"
if [ -d "$source/objects" ]; then
    python "$(dirname "$0")/copy_objects.py" "$source/objects" "${TRADING_ASSETS_STORAGE__URL:?}"
fi
test ! -d "$source/home" || cp -a "$source/home" "$TRADING_ASSETS_HOME"
echo "restored from $source; now: trading-assets mirror, doctor, model verify, status"
