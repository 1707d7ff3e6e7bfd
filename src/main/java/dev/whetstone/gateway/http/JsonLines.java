package dev.whetstone.gateway.http;

/** JSON texts, one a line. */
public final class JsonLines {
  /** The media type most tools use for them. */
  public static final String MEDIA_TYPE = "application/x-ndjson";

  private JsonLines() {}
}
