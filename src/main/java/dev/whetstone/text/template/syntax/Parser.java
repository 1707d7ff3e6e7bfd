package dev.whetstone.text.template.syntax;

import dev.whetstone.text.template.syntax.Stmt.Function;
import dev.whetstone.text.template.syntax.Stmt.Target;
import dev.whetstone.text.template.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses a template into statements. */
public final class Parser {
  /** Nesting of blocks and expressions together. */
  static final int MAX_NESTING = 200;

  private final Tokens tokens;
  private final ExpressionParser expressions;

  /** Loops around the current statement within the same macro: where break may stand. */
  private int loops;

  private Parser(Tokens tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  /** Parses a normalized source. */
  public static List<Stmt> parse(String source) {
    Parser parser = new Parser(new Tokens(Lexer.tokens(source)));
    return parser.statements();
  }

  /** Statements up to a tag with one of the names, which becomes the current token. */
  private List<Stmt> statements(String... ends) {
    tokens.enter();
    List<Stmt> body = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      switch (token.kind()) {
        case DATA -> body.add(new Stmt.Text(tokens.take().text(), token.at()));
        case VARIABLE_BEGIN -> {
          tokens.take();
          body.add(new Stmt.Print(expressions.tuple(true, false), token.at()));
          tokens.expect(Kind.VARIABLE_END, "the end of the expression");
        }
        case BLOCK_BEGIN -> {
          tokens.take();
          if (tokens.is(Kind.NAME) && List.of(ends).contains(tokens.current().text())) {
            tokens.leave();
            return body;
          }
          body.addAll(statement());
          tokens.expect(Kind.BLOCK_END, "the end of the tag");
        }
        case END -> {
          if (ends.length > 0) {
            throw JinjaException.at(
                token.at(), "the template ends without " + ends[ends.length - 1]);
          }
          tokens.leave();
          return body;
        }
        default -> throw tokens.unexpected("expected text or a tag");
      }
    }
  }

  /** A block's body, behind the head's end and up to the name of its end. */
  private List<Stmt> body(String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Kind.BLOCK_END, "the end of the tag");
    return statements(ends);
  }

  private List<Stmt> closedBody(String end) {
    List<Stmt> body = body(end);
    tokens.take();
    return body;
  }

  private List<Stmt> statement() {
    Token tag = tokens.expect(Kind.NAME, "the name of a tag");
    int at = tag.at();
    return switch (tag.text()) {
      case "set" -> List.of(set(at));
      case "for" -> List.of(loop(at));
      case "if" -> List.of(condition(at));
      case "with" -> List.of(with(at));
      case "print" -> print(at);
      case "macro" -> List.of(macro(at));
      case "call" -> List.of(call(at));
      case "filter" -> {
        Expr filtered = expressions.filters(true);
        yield List.of(new Stmt.FilterBlock(filtered, bodyApart("endfilter"), at));
      }
      case "generation" -> List.of(apart(at, "endgeneration"));
      case "block" -> List.of(block(at));
      case "break" -> List.of(inLoop(new Stmt.Break(at)));
      case "continue" -> List.of(inLoop(new Stmt.Continue(at)));
      case "extends", "include", "import", "from" ->
          throw JinjaException.at(
              at, "a chat template has no other templates for '" + tag.text() + "'");
      case "autoescape" -> throw JinjaException.at(at, "a chat template escapes nothing");
      default -> throw JinjaException.at(at, "unknown tag '" + tag.text() + "'");
    };
  }

  private Stmt inLoop(Stmt jump) {
    if (loops == 0) {
      throw JinjaException.at(jump.at(), "break and continue belong in a loop");
    }
    return jump;
  }

  private Stmt apart(int at, String end) {
    return new Stmt.With(List.of(), List.of(), bodyApart(end), at);
  }

  /** A body that no jump may leave. */
  private List<Stmt> bodyApart(String end) {
    int outer = loops;
    loops = 0;
    List<Stmt> body = closedBody(end);
    loops = outer;
    return body;
  }

  private Stmt block(int at) {
    String name = tokens.expect(Kind.NAME, "the name of the block").text();
    tokens.skipName("scoped");
    Stmt block = apart(at, "endblock");
    tokens.skipName(name);
    return block;
  }

  private List<Stmt> print(int at) {
    List<Stmt> prints = new ArrayList<>();
    while (!tokens.is(Kind.BLOCK_END)) {
      if (!prints.isEmpty()) {
        tokens.expectOperator(",");
      }
      prints.add(new Stmt.Print(expressions.expression(), at));
    }
    return prints;
  }

  private Stmt set(int at) {
    Target target = target(true);
    if (tokens.skipOperator("=")) {
      return new Stmt.Set(target, expressions.tuple(true, false), at);
    }
    Expr filtered = expressions.filters(false);
    return new Stmt.SetBlock(target, filtered, bodyApart("endset"), at);
  }

  private Stmt loop(int at) {
    Target target = target(false);
    tokens.expectName("in");
    Expr in = expressions.tuple(false, false, "recursive");
    Expr test = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    loops++;
    List<Stmt> body = body("endfor", "else");
    loops--;
    List<Stmt> otherwise = tokens.take().isName("else") ? closedBody("endfor") : List.of();
    return new Stmt.For(target, in, test, recursive, body, otherwise, at);
  }

  private Stmt condition(int at) {
    tokens.enter();
    Expr test = expressions.tuple(false, false);
    List<Stmt> then = body("elif", "else", "endif");
    Token next = tokens.take();
    List<Stmt> otherwise =
        switch (next.text()) {
          case "elif" -> List.of(condition(next.at()));
          case "else" -> closedBody("endif");
          default -> List.of();
        };
    tokens.leave();
    return new Stmt.If(test, then, otherwise, at);
  }

  private Stmt with(int at) {
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.is(Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(target(false));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Stmt.With(targets, values, closedBody("endwith"), at);
  }

  private Stmt macro(int at) {
    String name = assignable(tokens.expect(Kind.NAME, "the name of the macro"));
    return new Stmt.Define(function(name, signature(), "endmacro"), at);
  }

  private Stmt call(int at) {
    Signature parameters =
        tokens.isOperator("(") ? signature() : new Signature(List.of(), List.of());
    if (!(expressions.expression() instanceof Expr.Call call)) {
      throw JinjaException.at(at, "expected a call");
    }
    return new Stmt.CallBlock(function("caller", parameters, "endcall"), call, at);
  }

  private record Signature(List<String> parameters, List<Expr> defaults) {}

  private Function function(String name, Signature signature, String end) {
    expressions.watchNames();
    List<Stmt> body = bodyApart(end);
    Set<String> uses = expressions.watchedNames();
    return new Function(name, signature.parameters(), signature.defaults(), uses, body);
  }

  private Signature signature() {
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.isOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      Token name = tokens.expect(Kind.NAME, "the name of a parameter");
      parameters.add(assignable(name));
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw JinjaException.at(name.at(), "a parameter without a default follows one with");
      }
    }
    tokens.expectOperator(")");
    return new Signature(parameters, defaults);
  }

  private Target target(boolean namespaces) {
    List<Target> targets = new ArrayList<>();
    boolean comma = false;
    while (targets.isEmpty() || tokens.is(Kind.NAME) || tokens.isOperator("(")) {
      if (comma && tokens.isName("in")) {
        break;
      }
      targets.add(oneTarget(namespaces));
      if (!tokens.skipOperator(",")) {
        break;
      }
      comma = true;
    }
    return comma ? new Stmt.ToTuple(targets) : targets.getFirst();
  }

  private Target oneTarget(boolean namespaces) {
    if (tokens.skipOperator("(")) {
      tokens.enter();
      Target inner = target(namespaces);
      tokens.leave();
      tokens.expectOperator(")");
      return inner;
    }
    Token name = tokens.expect(Kind.NAME, "a name");
    if (namespaces && tokens.skipOperator(".")) {
      String attribute = tokens.expect(Kind.NAME, "the name of an attribute").text();
      return new Stmt.ToNamespace(name.text(), attribute, name.at());
    }
    return new Stmt.ToName(assignable(name));
  }

  private static String assignable(Token name) {
    return switch (name.text()) {
      case "true", "True", "false", "False", "none", "None" ->
          throw JinjaException.at(name.at(), "cannot assign to '" + name.text() + "'");
      default -> name.text();
    };
  }
}
