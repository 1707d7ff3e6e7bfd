package dev.whetstone.io;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import java.io.IOException;
import java.util.regex.Pattern;

/** What is wrong with a text that is not JSON, in words for whoever wrote it. */
public final class JsonFault {
  private static final int LONGEST = 200;

  /** The place where an object began, with how Jackson's source is configured. */
  private static final Pattern SOURCE = Pattern.compile(" \\([^()]*\\[Source: [^\\]]*]\\)");

  private JsonFault() {}

  /**
   * The fault and its place, as in {@code Unexpected end-of-input (line 1, column 13)}; bytes that
   * are no text in any encoding of JSON have no place.
   */
  public static String of(IOException failed) {
    if (!(failed instanceof JacksonException fault)) {
      return String.valueOf(failed.getMessage());
    }
    JsonLocation place = fault.getLocation();
    return place == null
        ? brief(fault)
        : "%s (line %d, column %d)".formatted(brief(fault), place.getLineNr(), place.getColumnNr());
  }

  private static String brief(JacksonException fault) {
    String line = String.valueOf(fault.getOriginalMessage()).lines().findFirst().orElse("");
    String words = SOURCE.matcher(line).replaceAll("");
    return words.length() > LONGEST ? words.substring(0, LONGEST) + "…" : words;
  }
}
