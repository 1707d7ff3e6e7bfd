"""Makes Schemathesis send generated bodies of JSON lines unchanged."""
import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
