#!/usr/bin/env bash
# Copies a team's databases, bucket and home into a folder. The order matters: whatever the databases of the copy say is
# made was stored before they were read, so it is in the copy of the bucket that follows.
#   deploy/backup.sh /backups/2026-01-31
set -euo pipefail
target=${1:?say where to: backup.sh FOLDER}
test ! -e "$target" || { echo "error: $target is there already; name a new folder." >&2; exit 2; }
partial="$target.partial"
rm -rf "$partial"
mkdir -p "$partial"

pg_dump --format=custom --no-owner --file="$partial/dagster.dump" "${TRADING_ASSETS_POSTGRES_URL:?}"
if [ -n "${TRADING_ASSETS_MLFLOW_POSTGRES_URL:-}" ]; then
    pg_dump --format=custom --no-owner --file="$partial/mlflow.dump" "$TRADING_ASSETS_MLFLOW_POSTGRES_URL"
fi
if [ -n "${TRADING_ASSETS_STORAGE__URL:-}" ]; then
    python "$(dirname "$0")/copy_objects.py" "$TRADING_ASSETS_STORAGE__URL" "$partial/objects"
fi
if [ -d "${TRADING_ASSETS_HOME:?}" ]; then
    cp -a "$TRADING_ASSETS_HOME" "$partial/home"
fi
(cd "$partial" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)
mv "$partial" "$target"
echo "backed up to $target"
