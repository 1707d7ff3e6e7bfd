package dev.whetstone.grammar.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/** Parses patterns of ECMA-262, section 22.2.1, with the flag u. */
final class RegexParser {
  private static final int MAX_REPEAT = 5_000;

  private final int[] pattern;
  // A property's members are found by looking at every character, so once for a pattern.
  private final Map<String, CodePoints> properties = new HashMap<>();
  private int at;

  private RegexParser(String pattern) {
    this.pattern = pattern.codePoints().toArray();
  }

  /**
   * Parses a pattern.
   *
   * @throws PatternException when it is malformed or uses what is not supported
   */
  static Regex parse(String pattern) {
    RegexParser parser = new RegexParser(pattern);
    Regex parsed = parser.alternatives();
    if (parser.at < parser.pattern.length) {
      throw new PatternException("the pattern has an unmatched )");
    }
    return parsed;
  }

  private Regex alternatives() {
    List<Regex> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (take('|'));
    return options.size() == 1 ? options.getFirst() : new Regex.Alternatives(options);
  }

  private Regex sequence() {
    List<Regex> parts = new ArrayList<>();
    while (at < pattern.length && pattern[at] != '|' && pattern[at] != ')') {
      parts.add(quantified(atom()));
    }
    return new Regex.Concat(parts);
  }

  private Regex quantified(Regex atom) {
    int min;
    int max;
    if (take('*')) {
      min = 0;
      max = -1;
    } else if (take('+')) {
      min = 1;
      max = -1;
    } else if (take('?')) {
      min = 0;
      max = 1;
    } else if (isCount()) {
      at++;
      min = number();
      max = take(',') ? (at < pattern.length && pattern[at] != '}' ? number() : -1) : min;
      expect('}');
      if (max >= 0 && max < min) {
        throw new PatternException("the pattern has a repetition {%d,%d}".formatted(min, max));
      }
    } else {
      return atom;
    }
    // A lazy quantifier matches the same texts.
    take('?');
    if (atom instanceof Regex.Start || atom instanceof Regex.End) {
      throw new PatternException("the pattern repeats ^ or $");
    }
    return new Regex.Repeat(atom, min, max);
  }

  private boolean isCount() {
    return at + 1 < pattern.length && pattern[at] == '{' && Character.isDigit(pattern[at + 1]);
  }

  private int number() {
    int value = 0;
    int from = at;
    while (at < pattern.length && pattern[at] >= '0' && pattern[at] <= '9') {
      value = value * 10 + pattern[at++] - '0';
      if (value > MAX_REPEAT) {
        throw new PatternException("the pattern repeats more than " + MAX_REPEAT + " times");
      }
    }
    if (at == from) {
      throw new PatternException("the pattern has a malformed repetition");
    }
    return value;
  }

  private Regex atom() {
    int c = pattern[at++];
    return switch (c) {
      case '^' -> new Regex.Start();
      case '$' -> new Regex.End();
      case '.' -> new Regex.Chars(CodePoints.DOT);
      case '(' -> group();
      case '[' -> new Regex.Chars(characterClass());
      case '\\' -> new Regex.Chars(escape(false));
      case '*', '+', '?' -> throw new PatternException("the pattern has nothing to repeat");
      default -> new Regex.Chars(CodePoints.of(c, c));
    };
  }

  private Regex group() {
    if (take('?')) {
      if (take('<') && at < pattern.length && pattern[at] != '=' && pattern[at] != '!') {
        while (at < pattern.length && pattern[at] != '>') {
          at++;
        }
        expect('>');
      } else if (!take(':')) {
        throw new PatternException("look-around and flags in a pattern are not supported");
      }
    }
    Regex inner = alternatives();
    expect(')');
    return inner;
  }

  private CodePoints characterClass() {
    boolean negated = take('^');
    List<CodePoints> parts = new ArrayList<>();
    while (at < pattern.length && pattern[at] != ']') {
      CodePoints low = classAtom();
      boolean range = at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']';
      if (!range) {
        parts.add(low);
        continue;
      }
      at++;
      CodePoints high = classAtom();
      if (!isSingle(low) || !isSingle(high) || low.bounds()[0] > high.bounds()[0]) {
        throw new PatternException("the pattern has a malformed range in a character class");
      }
      parts.add(CodePoints.of(low.bounds()[0], high.bounds()[0]));
    }
    expect(']');
    CodePoints all = CodePoints.union(parts);
    return negated ? all.complement() : all;
  }

  private static boolean isSingle(CodePoints set) {
    return set.bounds().length == 2 && set.bounds()[0] == set.bounds()[1];
  }

  private CodePoints classAtom() {
    int c = pattern[at++];
    return c == '\\' ? escape(true) : CodePoints.of(c, c);
  }

  private CodePoints escape(boolean inClass) {
    if (at == pattern.length) {
      throw new PatternException("the pattern ends with a backslash");
    }
    int c = pattern[at++];
    return switch (c) {
      case 'd' -> CodePoints.DIGIT;
      case 'D' -> CodePoints.DIGIT.complement();
      case 'w' -> CodePoints.WORD;
      case 'W' -> CodePoints.WORD.complement();
      case 's' -> CodePoints.SPACE;
      case 'S' -> CodePoints.NOT_SPACE;
      case 't' -> single('\t');
      case 'n' -> single('\n');
      case 'v' -> single(0x0b);
      case 'f' -> single('\f');
      case 'r' -> single('\r');
      case 'x' -> single(hex(2));
      case 'u' -> single(unicode());
      case 'p', 'P' -> property(c == 'P');
      case 'b' -> {
        if (inClass) {
          yield single('\b');
        }
        throw new PatternException("\\b in a pattern is not supported");
      }
      default -> {
        if (Character.isLetterOrDigit(c)) {
          throw new PatternException(
              "\\" + Character.toString(c) + " in a pattern is not supported");
        }
        yield single(c);
      }
    };
  }

  private static CodePoints single(int c) {
    return CodePoints.of(c, c);
  }

  private int unicode() {
    if (!take('{')) {
      int unit = hex(4);
      boolean pair =
          Character.isHighSurrogate((char) unit)
              && at + 1 < pattern.length
              && pattern[at] == '\\'
              && pattern[at + 1] == 'u';
      if (!pair) {
        return unit;
      }
      at += 2;
      return Character.toCodePoint((char) unit, (char) hex(4));
    }
    int end = at;
    while (end < pattern.length && pattern[end] != '}') {
      end++;
    }
    int value = hex(end - at);
    expect('}');
    return value;
  }

  private int hex(int digits) {
    if (digits < 1 || digits > 6 || at + digits > pattern.length) {
      throw new PatternException("the pattern has a malformed escape");
    }
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(pattern[at++], 16);
      if (digit < 0) {
        throw new PatternException("the pattern has a malformed escape");
      }
      value = 16 * value + digit;
    }
    return value;
  }

  private CodePoints property(boolean negated) {
    expect('{');
    StringBuilder name = new StringBuilder();
    while (at < pattern.length && pattern[at] != '}') {
      name.appendCodePoint(pattern[at++]);
    }
    expect('}');
    CodePoints set = properties.computeIfAbsent(name.toString(), RegexParser::members);
    return negated ? set.complement() : set;
  }

  private static CodePoints members(String name) {
    try {
      Pattern members = Pattern.compile("\\p{" + name + "}+");
      List<CodePoints> found = new ArrayList<>();
      int[] all = CodePoints.ALL.bounds();
      for (int part = 0; part < all.length; part += 2) {
        int[] points = IntStream.rangeClosed(all[part], all[part + 1]).toArray();
        Matcher runs = members.matcher(new String(points, 0, points.length));
        while (runs.find()) {
          String run = runs.group();
          found.add(CodePoints.of(run.codePointAt(0), run.codePointBefore(run.length())));
        }
      }
      return CodePoints.union(found);
    } catch (PatternSyntaxException unknown) {
      throw new PatternException("\\p{" + name + "} in a pattern is not supported");
    }
  }

  private boolean take(int c) {
    boolean found = at < pattern.length && pattern[at] == c;
    at += found ? 1 : 0;
    return found;
  }

  private void expect(int c) {
    if (!take(c)) {
      throw new PatternException("the pattern has no " + Character.toString(c) + " where it must");
    }
  }
}
