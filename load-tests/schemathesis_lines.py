"""Sends bodies of JSON lines as the text that was generated."""
import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
