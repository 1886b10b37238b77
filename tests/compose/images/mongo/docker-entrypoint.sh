#!/bin/sh
# The part of the official entry point that our compose file uses: a root user with a password from a file.
set -eu

[ "${1:-mongod}" = mongod ] || exec "$@"
serve() {
    exec /opt/mongo/bin/secantusd-py --port 27017 --storage-path /data/db --cache-size 128M --sync-on-commit \
        --log-level WARNING "$@"
}
if [ ! -e /data/db/.has-user ]; then
    serve --host 127.0.0.1 &
    /opt/mongo/bin/python - <<'PYTHON'
import os
import pathlib
import pymongo

password = pathlib.Path(os.environ["MONGO_INITDB_ROOT_PASSWORD_FILE"]).read_text().strip()
client = pymongo.MongoClient("127.0.0.1", directConnection=True, serverSelectionTimeoutMS=30000)
client.admin.command("createUser", os.environ["MONGO_INITDB_ROOT_USERNAME"], pwd=password, roles=["root"])
PYTHON
    kill $!
    wait $! || true
    touch /data/db/.has-user
fi
serve --host 0.0.0.0 --auth
