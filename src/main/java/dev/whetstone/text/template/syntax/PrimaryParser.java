package dev.whetstone.text.template.syntax;

import dev.whetstone.text.template.syntax.Expr.Keyword;
import dev.whetstone.text.template.syntax.Expr.Passed;
import dev.whetstone.text.template.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses what stands within operators: names, literals, and what follows them. */
final class PrimaryParser {
  /** Names that end a test without a value. */
  private static final Set<String> AFTER_TESTS = Set.of("else", "or", "and");

  private final Tokens tokens;
  private final ExpressionParser expressions;

  PrimaryParser(Tokens tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  Expr primary() {
    Token token = tokens.current();
    return switch (token.kind()) {
      case NAME -> name(tokens.take());
      case STRING -> string();
      case NUMBER -> new Expr.Constant(tokens.take().value(), token.at());
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> parentheses();
            case "[" -> list();
            case "{" -> dict();
            default -> throw tokens.unexpected("expected an expression");
          };
      default -> throw tokens.unexpected("expected an expression");
    };
  }

  private Expr name(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expr.Constant(true, token.at());
      case "false", "False" -> new Expr.Constant(false, token.at());
      case "none", "None" -> new Expr.Constant(None.NONE, token.at());
      default -> {
        expressions.uses(token.text());
        yield new Expr.Name(token.text(), token.at());
      }
    };
  }

  private Expr string() {
    int at = tokens.at();
    StringBuilder text = new StringBuilder();
    while (tokens.is(Kind.STRING)) {
      text.append(tokens.take().value());
    }
    return new Expr.Constant(text.toString(), at);
  }

  private Expr parentheses() {
    tokens.take();
    Expr inner = expressions.tuple(true, true);
    tokens.expectOperator(")");
    return inner;
  }

  private Expr list() {
    int at = tokens.take().at();
    List<Expr> items = new ArrayList<>();
    while (!tokens.isOperator("]")) {
      items.add(expressions.expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("]");
    return new Expr.ListOf(items, at);
  }

  private Expr dict() {
    int at = tokens.take().at();
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.isOperator("}")) {
      keys.add(expressions.expression());
      tokens.expectOperator(":");
      values.add(expressions.expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("}");
    return new Expr.DictOf(keys, values, at);
  }

  Expr postfix(Expr first) {
    Expr node = first;
    while (true) {
      int at = tokens.at();
      if (tokens.isOperator(".")) {
        node = attribute(node);
      } else if (tokens.isOperator("[")) {
        node = item(node);
      } else if (tokens.isOperator("(")) {
        node = new Expr.Call(node, passed(), at);
      } else {
        return node;
      }
    }
  }

  Expr filtersAndTests(Expr first) {
    Expr node = first;
    while (true) {
      int at = tokens.at();
      if (tokens.skipOperator("|")) {
        node = filter(node);
      } else if (tokens.isName("is")) {
        node = test(node);
      } else if (tokens.isOperator("(")) {
        node = new Expr.Call(node, passed(), at);
      } else {
        return node;
      }
    }
  }

  private Expr attribute(Expr of) {
    int at = tokens.take().at();
    Token name = tokens.take();
    if (name.kind() == Kind.NAME) {
      return new Expr.Attribute(of, name.text(), at);
    }
    if (name.value() instanceof Long) {
      return new Expr.Item(of, new Expr.Constant(name.value(), name.at()), at);
    }
    throw JinjaException.at(name.at(), "expected a name or a number behind the dot");
  }

  private Expr item(Expr of) {
    int at = tokens.take().at();
    List<Expr> keys = new ArrayList<>();
    while (!tokens.isOperator("]")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
      }
      keys.add(subscript());
    }
    tokens.expectOperator("]");
    return new Expr.Item(of, keys.size() == 1 ? keys.getFirst() : new Expr.TupleOf(keys, at), at);
  }

  private Expr subscript() {
    int at = tokens.at();
    Expr start = tokens.isOperator(":") ? null : expressions.expression();
    if (start != null && !tokens.isOperator(":")) {
      return start;
    }
    tokens.expectOperator(":");
    Expr stop = bound();
    Expr step = tokens.skipOperator(":") ? bound() : null;
    return new Expr.Slice(start, stop, step, at);
  }

  private @Nullable Expr bound() {
    return tokens.isOperator(":") || tokens.isOperator("]") || tokens.isOperator(",")
        ? null
        : expressions.expression();
  }

  Passed passed() {
    int at = tokens.at();
    tokens.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    List<Keyword> named = new ArrayList<>();
    Expr more = null;
    Expr moreNamed = null;
    while (!tokens.isOperator(")")) {
      if (tokens.isOperator("*")) {
        require(more == null && moreNamed == null, at);
        tokens.take();
        more = expressions.expression();
      } else if (tokens.isOperator("**")) {
        require(moreNamed == null, at);
        tokens.take();
        moreNamed = expressions.expression();
      } else if (tokens.is(Kind.NAME) && tokens.following().isOperator("=")) {
        require(moreNamed == null, at);
        String name = tokens.take().text();
        tokens.take();
        named.add(new Keyword(name, expressions.expression()));
      } else {
        require(more == null && moreNamed == null && named.isEmpty(), at);
        positional.add(expressions.expression());
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    return new Passed(positional, named, more, moreNamed);
  }

  private static void require(boolean holds, int at) {
    if (!holds) {
      throw JinjaException.at(at, "the arguments stand in a wrong order");
    }
  }

  /** The filter whose name comes next, on a value. */
  Expr filter(Expr input) {
    int at = tokens.at();
    String name = dotted("the name of a filter");
    Passed passed = tokens.isOperator("(") ? passed() : Passed.NOTHING;
    return new Expr.Filter(input, name, passed, at);
  }

  /** The name of a filter or test, to which Jinja counts dots. */
  private String dotted(String what) {
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME, what).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Kind.NAME, "a name behind the dot").text());
    }
    return name.toString();
  }

  private Expr test(Expr input) {
    int at = tokens.take().at();
    boolean negated = tokens.skipName("not");
    int nameAt = tokens.at();
    String name = dotted("the name of a test");
    Expr test = new Expr.Test(input, name, operand(), nameAt);
    return negated ? new Expr.Not(test, at) : test;
  }

  /** A test's arguments: in parentheses, or one value without. */
  private Passed operand() {
    if (tokens.isOperator("(")) {
      return passed();
    }
    Token token = tokens.current();
    boolean value =
        switch (token.kind()) {
          case NAME -> !AFTER_TESTS.contains(token.text());
          case STRING, NUMBER -> true;
          case OPERATOR -> token.text().equals("[") || token.text().equals("{");
          default -> false;
        };
    if (!value) {
      return Passed.NOTHING;
    }
    if (token.isName("is")) {
      throw JinjaException.at(token.at(), "tests cannot be chained with is");
    }
    return new Passed(List.of(postfix(primary())), List.of(), null, null);
  }
}
