package dev.whetstone.gateway.http;

/** JSON Lines: one JSON text on each line. */
public final class JsonLines {
  /** The media type that most tools use for JSON Lines. */
  public static final String MEDIA_TYPE = "application/x-ndjson";

  private JsonLines() {}
}
