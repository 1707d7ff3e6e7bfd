package dev.whetstone.text.template.syntax;

import dev.whetstone.text.template.syntax.Token.Kind;
import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokens within a tag: names, numbers, strings with Python's escapes, operators. */
final class Literals {
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?i)(\\d+_)*+\\d++((\\.(\\d+_)*+\\d++)?e[+-]?(\\d+_)*+\\d++|\\.(\\d+_)*+\\d++)");
  private static final Pattern INTEGER =
      Pattern.compile("(?i)(0b(_?[01])++|0o(_?[0-7])++|0x(_?[\\da-f])++|[1-9](_?\\d)*+|0(_?0)*+)");
  private static final Pattern NAME = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private Literals() {}

  static Token read(String source, int at) {
    char first = source.charAt(at);
    if (first == '\'' || first == '"') {
      int end = closing(source, at);
      return new Token(
          Kind.STRING, source.substring(at, end + 1), unescape(source, at + 1, end), at);
    }
    boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
    Matcher number = FLOAT.matcher(source).region(at, source.length());
    if (!afterDot && number.lookingAt()) {
      String text = number.group();
      return new Token(Kind.NUMBER, text, Double.parseDouble(text.replace("_", "")), at);
    }
    Matcher integer = INTEGER.matcher(source).region(at, source.length());
    if (integer.lookingAt()) {
      return new Token(Kind.NUMBER, integer.group(), integer(integer.group(), at), at);
    }
    Matcher name = NAME.matcher(source).region(at, source.length());
    if (name.lookingAt()) {
      if (!Character.isUnicodeIdentifierStart(name.group().codePointAt(0))
          && !name.group().startsWith("_")) {
        throw JinjaException.at(at, "'" + name.group() + "' is no name");
      }
      return new Token(Kind.NAME, name.group(), name.group(), at);
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        return new Token(Kind.OPERATOR, operator, operator, at);
      }
    }
    throw JinjaException.at(
        at, "unexpected character '" + Character.toString(source.codePointAt(at)) + "'");
  }

  static int end(String source, Token token) {
    return token.at() + token.text().length();
  }

  private static Long integer(String text, int at) {
    String digits = text.replace("_", "").toLowerCase(java.util.Locale.ROOT);
    int radix =
        digits.startsWith("0x")
            ? 16
            : digits.startsWith("0o") ? 8 : digits.startsWith("0b") ? 2 : 10;
    BigInteger value =
        digits.length() > 100
            ? BigInteger.ONE.shiftLeft(100)
            : new BigInteger(radix == 10 ? digits : digits.substring(2), radix);
    if (value.bitLength() > 63) {
      throw JinjaException.at(at, "an integer of more than 64 bits");
    }
    return value.longValue();
  }

  private static int closing(String source, int at) {
    for (int i = at + 1; i < source.length(); i++) {
      if (source.charAt(i) == '\\') {
        i++;
      } else if (source.charAt(i) == source.charAt(at)) {
        return i;
      }
    }
    throw JinjaException.at(at, "a string has no end");
  }

  private static String unescape(String source, int from, int end) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < end; i++) {
      char c = source.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escape = source.charAt(++i);
      int digits =
          switch (escape) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
          };
      if (digits > 0) {
        text.appendCodePoint(codePoint(source, i + 1, digits, end));
        i += digits;
      } else if (escape >= '0' && escape <= '7') {
        int value = 0;
        int stop = Math.min(end, i + 3);
        for (; i < stop && source.charAt(i) >= '0' && source.charAt(i) <= '7'; i++) {
          value = value * 8 + source.charAt(i) - '0';
        }
        i--;
        text.append((char) value);
      } else {
        text.append(simple(escape, i));
      }
    }
    return text.toString();
  }

  private static int codePoint(String source, int from, int digits, int end) {
    int value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < end ? Character.digit(source.charAt(i), 16) : -1;
      if (digit < 0 || value > Character.MAX_CODE_POINT) {
        throw JinjaException.at(from - 2, "a string has an escape that is cut short");
      }
      value = value * 16 + digit;
    }
    if (value < 0 || value > Character.MAX_CODE_POINT) {
      throw JinjaException.at(from - 2, "a string has an escape beyond Unicode");
    }
    return value;
  }

  private static String simple(char escape, int at) {
    return switch (escape) {
      case '\n' -> "";
      case '\\', '\'', '"' -> String.valueOf(escape);
      case 'a' -> "\007";
      case 'b' -> "\b";
      case 'f' -> "\f";
      case 'n' -> "\n";
      case 'r' -> "\r";
      case 't' -> "\t";
      case 'v' -> "\013";
      case 'N' -> throw JinjaException.at(at - 1, "a string has an escape by name");
      default -> "\\" + escape;
    };
  }
}
