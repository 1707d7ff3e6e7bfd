package dev.whetstone.text.template.syntax;

import dev.whetstone.text.template.syntax.Token.Kind;
import java.util.List;

/** The tokens of a template with the place that parsing has reached. */
final class Tokens {
  private final List<Token> tokens;
  private int next;
  private int depth;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(next);
  }

  Token following() {
    return tokens.get(Math.min(next + 1, tokens.size() - 1));
  }

  int at() {
    return current().at();
  }

  Token take() {
    Token token = current();
    if (token.kind() != Kind.END) {
      next++;
    }
    return token;
  }

  boolean is(Kind kind) {
    return current().kind() == kind;
  }

  boolean isOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean isName(String name) {
    return current().isName(name);
  }

  boolean skipOperator(String operator) {
    boolean there = isOperator(operator);
    if (there) {
      take();
    }
    return there;
  }

  boolean skipName(String name) {
    boolean there = isName(name);
    if (there) {
      take();
    }
    return there;
  }

  Token expect(Kind kind, String what) {
    if (!is(kind)) {
      throw unexpected("expected " + what);
    }
    return take();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("expected '" + operator + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("expected '" + name + "'");
    }
  }

  JinjaException unexpected(String wanted) {
    return JinjaException.at(at(), wanted + ", not " + current().described());
  }

  /** Goes one level deeper into the template's nesting. */
  void enter() {
    if (++depth > Parser.MAX_NESTING) {
      throw JinjaException.at(at(), "nested deeper than " + Parser.MAX_NESTING + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
