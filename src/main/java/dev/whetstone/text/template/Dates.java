package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The day and time as Python's strftime writes them in its C locale. */
final class Dates {
  private Dates() {}

  static String format(String format, ZonedDateTime time, Budget budget) {
    budget.charge(8L * format.length());
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        result.append(c);
        continue;
      }
      boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
      i += unpadded ? 2 : 1;
      String part = directive(format.charAt(i), time);
      result.append(
          unpadded && part.length() > 1 && part.charAt(0) == '0'
              ? part.replaceFirst("^0+(?=.)", "")
              : part);
    }
    return result.toString();
  }

  private static String directive(char directive, ZonedDateTime time) {
    String pattern =
        switch (directive) {
          case 'Y' -> "uuuu";
          case 'y' -> "uu";
          case 'm' -> "MM";
          case 'd' -> "dd";
          case 'e' -> "ppd";
          case 'B' -> "MMMM";
          case 'b', 'h' -> "MMM";
          case 'A' -> "EEEE";
          case 'a' -> "EEE";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'f' -> "SSSSSS";
          case 'p' -> "a";
          case 'j' -> "DDD";
          case 'F' -> "uuuu-MM-dd";
          case 'T', 'X' -> "HH:mm:ss";
          case 'R' -> "HH:mm";
          case 'D', 'x' -> "MM/dd/uu";
          case 'c' -> "EEE MMM ppd HH:mm:ss uuuu";
          // Python's now() has no zone, which both print as nothing.
          case 'Z', 'z' -> "";
          case '%' -> "'%'";
          case 'n' -> "'\n'";
          case 't' -> "'\t'";
          default -> throw new JinjaException("unknown directive %" + directive + " of a date");
        };
    return pattern.isEmpty()
        ? ""
        : DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time);
  }
}
