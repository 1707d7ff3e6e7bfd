package dev.whetstone.grammar.schema;

import dev.whetstone.grammar.regex.Patterns;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The formats of strings (JSON Schema validation, section 7.3) as patterns, each of which allows
 * only a part of its format: no leap days and no leap seconds, for example.
 */
final class Formats {
  private static final String DATE =
      "[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))";
  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|\\+(?:0\\d|1[0-3]):[0-5]\\d"
          + "|-(?:0[1-9]|1[01]):[0-5]\\d)";
  private static final String CLOCK_SPAN =
      "T(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S)";
  private static final String DATE_SPAN =
      "(?:\\d{1,4}Y(?:\\d{1,4}M(?:\\d{1,4}D)?)?|\\d{1,4}M(?:\\d{1,4}D)?|\\d{1,4}D)";
  private static final String DURATION =
      "P(?:" + DATE_SPAN + "(?:" + CLOCK_SPAN + ")?|" + CLOCK_SPAN + "|\\d{1,4}W)";
  private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,4}";
  private static final String EMAIL =
      "[A-Za-z0-9_+-]{1,20}(?:\\.[A-Za-z0-9_+-]{1,20}){0,2}@(?:"
          + LABEL
          + "\\.){1,3}(?:com|org|net|edu|gov|info|io|de|uk|fr|eu|us)";
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String PATH_CHARACTER = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
  private static final String HEX = "[0-9A-Fa-f]{1,4}";
  private static final String URI_TAIL =
      "(?:/%1$s*)*(?:\\?(?:%1$s|/)*)?(?:#(?:%1$s|/)*)?".formatted(PATH_CHARACTER);
  private static final String URI =
      "[A-Za-z][A-Za-z0-9+.-]{0,15}://" + HOST + "(?::[1-9]\\d{0,3})?" + URI_TAIL;

  private static final Map<String, String> PATTERNS =
      Map.ofEntries(
          Map.entry("date", DATE),
          Map.entry("time", TIME),
          Map.entry("date-time", DATE + "T" + TIME),
          Map.entry("duration", DURATION),
          Map.entry("email", EMAIL),
          Map.entry("idn-email", EMAIL),
          Map.entry("hostname", HOST),
          Map.entry("idn-hostname", HOST),
          Map.entry("ipv4", OCTET + "(?:\\." + OCTET + "){3}"),
          Map.entry("ipv6", ipv6()),
          Map.entry("uri", URI),
          Map.entry("iri", URI),
          Map.entry("uri-reference", "(?:" + URI + "|(?:/" + PATH_CHARACTER + "+)+)"),
          Map.entry("json-pointer", "(?:/(?:[^/~]|~[01])*)*"),
          Map.entry(
              "uuid",
              "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"),
          Map.entry("base64url", "[A-Za-z0-9_-]*"));

  private static final Map<String, TextShape> COMPILED = new ConcurrentHashMap<>();

  /** Formats that say how a text is used, not how it is written. */
  private static final Set<String> FREE =
      Set.of("password", "binary", "path", "file-path", "directory-path");

  private Formats() {}

  private static String ipv6() {
    StringBuilder all = new StringBuilder("(?:(?:" + HEX + ":){7}" + HEX);
    for (int before = 1; before <= 6; before++) {
      all.append("|(?:%s:){%d}(?::%s){1,%d}".formatted(HEX, before, HEX, 7 - before));
    }
    return all + "|(?:" + HEX + ":){1,7}:|:(?::" + HEX + "){1,7}|::)";
  }

  /** The strings of a format; null if the format is unknown. */
  static @Nullable TextShape of(String format) {
    if (FREE.contains(format)) {
      return TextShape.FREE;
    }
    String name = format.matches("uuid[1-8]") ? "uuid" : format;
    String pattern = PATTERNS.get(name);
    return pattern == null
        ? null
        : COMPILED.computeIfAbsent(
            name, _ -> TextShape.of(Patterns.compile("^(?:" + pattern + ")$")));
  }
}
