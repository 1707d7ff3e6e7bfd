package dev.whetstone.gateway;

/** JSON texts, one a line. */
final class JsonLines {
  /** The media type most tools use for them. */
  static final String MEDIA_TYPE = "application/x-ndjson";

  private JsonLines() {}
}
