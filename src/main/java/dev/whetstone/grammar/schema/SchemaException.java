package dev.whetstone.grammar.schema;

/** A schema that is malformed, not supported, or allows no value. */
public final class SchemaException extends RuntimeException {
  private final String path;

  SchemaException(String path, String message) {
    super((path.isEmpty() ? "" : path + ": ") + message);
    this.path = path;
  }

  static SchemaException unsupported(String path, String keyword) {
    return new SchemaException(path, "the keyword " + keyword + " is not supported");
  }

  /** Where in the schema, as a JSON pointer; empty for the whole schema. */
  public String path() {
    return path;
  }
}
