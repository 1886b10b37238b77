"""What a submission costs each part. Measured figures first, then what was assumed because nobody has measured it."""

from typing import Final

# CPU milliseconds of one submission, `make bench`, every span recorded (docs/production.md).
CPU_MS: Final = {
    "gateway": 2.4,
    "code-manage": 4.3,
    "problem": 3.9,
    "auth-user": 1.3,
    "code-execution": 2.6,
    "Kafka": 2.2,
    "MongoDB": 2.9,
    "Redis": 0.4,
}
SLOT_MS: Final = 4.5  # a slot's own work for a job, beside the program
TESTS: Final = 16  # of a problem: the catalogue's median

# Bytes, encoded with this code: a program of 1,000 characters, 16 tests of which 3 are public.
JOB_BYTES: Final = 1_203
RESULT_BYTES: Final = 786
DOCUMENT_BYTES: Final = 2_065

# Redis keeps so much of a submission's job and events (asked of Valkey); an idle consumer costs the broker so much
# (60 consumers of a group on the embedded Kafka, with the services' settings).
LOGIN_MS: Final = 45.0  # CPU milliseconds of argon2, on purpose
LIVE_BYTES: Final = 5_400
IDLE_CONSUMER_MS: Final = 0.3  # CPU milliseconds a second

# Assumed.
ACCEPTED: Final = 0.45  # of all submissions
FIRST_ACCEPTED: Final = 0.30  # of all submissions: they also earn points
RECORD_OVERHEAD: Final = 250  # bytes of key, trace headers and batch
INDEX_BYTES: Final = 350  # of one submission, in the four indexes
PROGRESS_BYTES: Final = 150  # of a row in PostgreSQL, for a first solution
LOGINS_PER_PERSON: Final = 1.0  # a day
REPLICATION: Final = 3
KAFKA_DAYS: Final = 7
LIVE_SECONDS: Final = 900.0  # how long Redis keeps a job and its events
MONGO_WRITES: Final = 10_000.0  # acknowledged writes a second that a replica set's primary bears
UTILISATION: Final = 0.6  # of a core at peak, so that one replica of two may be missed for a while
