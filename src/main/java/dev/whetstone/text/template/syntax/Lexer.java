package dev.whetstone.text.template.syntax;

import dev.whetstone.text.template.syntax.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a template into tokens and drops the white space that tags ask to drop: {@code -} takes all
 * of it, a tag that stands first on its line takes what is before it, a block or comment takes the
 * line break behind it, and {@code +} leaves both.
 */
public final class Lexer {
  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  /** Whether the text before {@link #at} ends a line, or there is none. */
  private boolean lineStarts = true;

  private Lexer(String source) {
    this.source = source;
  }

  /** The source as Jinja reads it: line feeds alone, without the last one. */
  public static String normalize(String source) {
    String lines = source.replace("\r\n", "\n").replace('\r', '\n');
    return lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  /** Cuts a normalized source. */
  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(at, source.substring(at));
        break;
      }
      char type = source.charAt(tag + 1);
      int sign = tag + 2;
      boolean signed = isAt(sign, "-") || isAt(sign, "+");
      data(at, before(at, tag, signed ? source.charAt(sign) : ' ', type == '{'));
      at = signed ? sign + 1 : sign;
      lineStarts = false;
      switch (type) {
        case '#' -> comment(tag);
        case '{' -> tag(tag, Kind.VARIABLE_BEGIN, Kind.VARIABLE_END);
        default -> {
          if (!raw(tag)) {
            tag(tag, Kind.BLOCK_BEGIN, Kind.BLOCK_END);
          }
        }
      }
    }
    tokens.add(new Token(Kind.END, "", "", source.length()));
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (isAt(i + 1, "%") || isAt(i + 1, "{") || isAt(i + 1, "#")) {
        return i;
      }
    }
    return -1;
  }

  /** The text before a tag, less the white space that the tag drops. */
  private String before(int from, int tag, char sign, boolean variable) {
    String text = source.substring(from, tag);
    if (sign == '-') {
      return Characters.stripEnd(text);
    }
    int line = text.lastIndexOf('\n') + 1;
    if (sign != '+'
        && !variable
        && (line > 0 || lineStarts)
        && Characters.isBlank(text.substring(line))) {
      return text.substring(0, line);
    }
    return text;
  }

  private void data(int from, String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Kind.DATA, text, text, from));
    }
  }

  private void comment(int tag) {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw JinjaException.at(tag, "a comment has no end");
    }
    boolean sign = end > at;
    char before = sign ? source.charAt(end - 1) : ' ';
    close(end, before == '-' ? "-#}" : before == '+' ? "+#}" : "#}", true);
  }

  /** Goes behind the end of a tag, whose mark may begin one character before {@code end}. */
  private void close(int end, String mark, boolean trims) {
    int start = end - (mark.length() - 2);
    int stop = start + mark.length();
    if (mark.startsWith("-")) {
      stop = Characters.skipBlank(source, stop);
    } else if (!mark.startsWith("+") && trims && isAt(stop, "\n")) {
      stop++;
    }
    at = stop;
    lineStarts = source.charAt(stop - 1) == '\n';
  }

  /** Reads a raw block, if one begins here. */
  private boolean raw(int tag) {
    int name = Characters.skipBlank(source, at);
    if (!isAt(name, "raw")) {
      return false;
    }
    int end = Characters.skipBlank(source, name + 3);
    if (isAt(end, "-%}")) {
      close(end + 1, "-%}", false);
    } else if (isAt(end, "%}")) {
      close(end, "%}", false);
    } else {
      return false;
    }
    for (int i = source.indexOf("{%", at); i >= 0; i = source.indexOf("{%", i + 1)) {
      boolean signed = isAt(i + 2, "-") || isAt(i + 2, "+");
      int word = Characters.skipBlank(source, signed ? i + 3 : i + 2);
      int stop = isAt(word, "endraw") ? Characters.skipBlank(source, word + 6) : -1;
      String mark = stop < 0 ? null : mark(stop, "%}");
      if (mark != null) {
        data(at, before(at, i, signed ? source.charAt(i + 2) : ' ', false));
        close(stop + mark.length() - 2, mark, true);
        return true;
      }
    }
    throw JinjaException.at(tag, "a raw block has no end");
  }

  private @Nullable String mark(int index, String plain) {
    for (String mark : List.of("-" + plain, "+" + plain, plain)) {
      if (isAt(index, mark)) {
        return mark;
      }
    }
    return null;
  }

  private void tag(int tag, Kind begin, Kind end) {
    tokens.add(new Token(begin, source.substring(tag, at), "", tag));
    boolean block = begin == Kind.BLOCK_BEGIN;
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      at = Characters.skipBlank(source, at);
      if (at >= source.length()) {
        throw JinjaException.at(tag, "a tag has no end");
      }
      String mark = open.isEmpty() ? mark(at, block ? "%}" : "}}") : null;
      if (mark != null && (block || !mark.startsWith("+"))) {
        tokens.add(new Token(end, mark, "", at));
        close(at + mark.length() - 2, mark, block);
        return;
      }
      Token token = Literals.read(source, at);
      balance(open, token);
      tokens.add(token);
      at = Literals.end(source, token);
    }
  }

  private static void balance(Deque<Character> open, Token token) {
    if (token.kind() != Kind.OPERATOR) {
      return;
    }
    switch (token.text()) {
      case "(" -> open.push(')');
      case "[" -> open.push(']');
      case "{" -> open.push('}');
      case ")", "]", "}" -> {
        Character expected = open.poll();
        if (expected == null || expected != token.text().charAt(0)) {
          throw JinjaException.at(token.at(), "unexpected '" + token.text() + "'");
        }
      }
      default -> {}
    }
  }

  private boolean isAt(int index, String text) {
    return index >= 0 && source.startsWith(text, index);
  }
}
