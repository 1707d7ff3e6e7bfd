package dev.whetstone.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;

/** Writes values whose types can always be written as JSON. */
public final class JsonText {
  private JsonText() {}

  /** A value as JSON; a failure is a mistake in the code that calls it. */
  public static String of(ObjectWriter writer, Object value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("cannot be written as JSON: " + value.getClass(), impossible);
    }
  }
}
