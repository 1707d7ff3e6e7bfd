package dev.whetstone.text.template.syntax;

import dev.whetstone.text.template.syntax.Expr.Comparison;
import dev.whetstone.text.template.syntax.Expr.Operator;
import dev.whetstone.text.template.syntax.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses expressions; a method for each level of Jinja's precedence, the weakest first. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final Tokens tokens;
  private final PrimaryParser primaries;
  private final Deque<Set<String>> usedNames = new ArrayDeque<>();

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
    this.primaries = new PrimaryParser(tokens, this);
  }

  /** Begins to note the names that are read, for a macro's body. */
  void watchNames() {
    usedNames.push(new HashSet<>());
  }

  Set<String> watchedNames() {
    return usedNames.pop();
  }

  void uses(String name) {
    for (Set<String> names : usedNames) {
      names.add(name);
    }
  }

  PrimaryParser primaries() {
    return primaries;
  }

  /** One expression or, where commas follow, a tuple. */
  Expr tuple(boolean conditional, boolean parentheses, String... ends) {
    int at = tokens.at();
    List<Expr> items = new ArrayList<>();
    boolean comma = false;
    while (!atEnd(ends)) {
      items.add(conditional ? expression() : or());
      if (!tokens.isOperator(",")) {
        break;
      }
      comma = true;
      tokens.take();
    }
    if (!comma && !items.isEmpty()) {
      return items.getFirst();
    }
    if (!comma && !parentheses) {
      throw tokens.unexpected("expected an expression");
    }
    return new Expr.TupleOf(items, at);
  }

  private boolean atEnd(String... ends) {
    if (tokens.is(Kind.VARIABLE_END) || tokens.is(Kind.BLOCK_END) || tokens.isOperator(")")) {
      return true;
    }
    for (String end : ends) {
      if (tokens.isName(end)) {
        return true;
      }
    }
    return false;
  }

  Expr expression() {
    tokens.enter();
    int at = tokens.at();
    Expr result = or();
    while (tokens.skipName("if")) {
      Expr test = or();
      Expr otherwise = tokens.skipName("else") ? expression() : null;
      result = new Expr.Conditional(test, result, otherwise, at);
    }
    tokens.leave();
    return result;
  }

  Expr or() {
    Expr left = and();
    while (tokens.isName("or")) {
      int at = tokens.take().at();
      left = new Expr.Or(left, and(), at);
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (tokens.isName("and")) {
      int at = tokens.take().at();
      left = new Expr.And(left, not(), at);
    }
    return left;
  }

  private Expr not() {
    if (!tokens.isName("not")) {
      return comparison();
    }
    tokens.enter();
    int at = tokens.take().at();
    Expr result = new Expr.Not(not(), at);
    tokens.leave();
    return result;
  }

  private Expr comparison() {
    int at = tokens.at();
    Expr first = sum();
    List<Comparison> rest = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        tokens.take();
        rest.add(new Comparison(token.text(), sum()));
      } else if (tokens.skipName("in")) {
        rest.add(new Comparison("in", sum()));
      } else if (token.isName("not") && tokens.following().isName("in")) {
        tokens.take();
        tokens.take();
        rest.add(new Comparison("not in", sum()));
      } else {
        return rest.isEmpty() ? first : new Expr.Compare(first, rest, at);
      }
    }
  }

  private Expr sum() {
    Expr left = concatenation();
    while (tokens.isOperator("+") || tokens.isOperator("-")) {
      Token token = tokens.take();
      left = new Expr.Binary(operator(token), left, concatenation(), token.at());
    }
    return left;
  }

  private Expr concatenation() {
    int at = tokens.at();
    Expr first = product();
    if (!tokens.isOperator("~")) {
      return first;
    }
    List<Expr> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expr.Concat(parts, at);
  }

  private Expr product() {
    Expr left = power();
    while (tokens.isOperator("*")
        || tokens.isOperator("/")
        || tokens.isOperator("//")
        || tokens.isOperator("%")) {
      Token token = tokens.take();
      left = new Expr.Binary(operator(token), left, power(), token.at());
    }
    return left;
  }

  /** Powers bind from the left here, and weaker than a sign: Jinja differs from Python. */
  private Expr power() {
    Expr left = unary(true);
    while (tokens.isOperator("**")) {
      int at = tokens.take().at();
      left = new Expr.Binary(Operator.POWER, left, unary(true), at);
    }
    return left;
  }

  private Expr unary(boolean filters) {
    tokens.enter();
    int at = tokens.at();
    Expr node;
    if (tokens.skipOperator("-")) {
      node = new Expr.Negative(unary(false), at);
    } else if (tokens.skipOperator("+")) {
      node = new Expr.Positive(unary(false), at);
    } else {
      node = primaries.primary();
    }
    Expr result = primaries.postfix(node);
    if (filters) {
      result = primaries.filtersAndTests(result);
    }
    tokens.leave();
    return result;
  }

  /** What a filter does to the text of a block; the name alone where there is no filter. */
  Expr filters(boolean inline) {
    Expr captured = new Expr.Name(Stmt.CAPTURED, tokens.at());
    Expr first = inline ? primaries.filter(captured) : captured;
    return filterChain(first);
  }

  private Expr filterChain(Expr first) {
    Expr node = first;
    while (tokens.skipOperator("|")) {
      node = primaries.filter(node);
    }
    return node;
  }

  static @Nullable Operator operatorOrNull(String text) {
    return switch (text) {
      case "+" -> Operator.ADD;
      case "-" -> Operator.SUBTRACT;
      case "*" -> Operator.MULTIPLY;
      case "/" -> Operator.DIVIDE;
      case "//" -> Operator.FLOOR_DIVIDE;
      case "%" -> Operator.MODULO;
      default -> null;
    };
  }

  private static Operator operator(Token token) {
    Operator operator = operatorOrNull(token.text());
    if (operator == null) {
      throw JinjaException.at(token.at(), "unknown operator " + token.text());
    }
    return operator;
  }
}
