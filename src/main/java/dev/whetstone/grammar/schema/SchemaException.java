package dev.whetstone.grammar.schema;

/** A schema that is malformed, not supported, or allows no value. */
public final class SchemaException extends RuntimeException {
  /**
   * @param path where in the schema, as a JSON pointer; empty for the whole schema
   */
  SchemaException(String path, String message) {
    super((path.isEmpty() ? "" : path + ": ") + message);
  }

  static SchemaException unsupported(String path, String keyword) {
    return new SchemaException(path, "the keyword " + keyword + " is not supported");
  }
}
