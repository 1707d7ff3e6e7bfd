package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.Lexer;
import dev.whetstone.text.template.syntax.Parser;
import dev.whetstone.text.template.syntax.Stmt;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A compiled chat template: immutable, for any number of threads. */
public final class Template {
  private final String source;
  private final List<Stmt> body;

  private Template(String source, List<Stmt> body) {
    this.source = source;
    this.body = body;
  }

  /**
   * Compiles a template.
   *
   * @throws JinjaException with line and column, where the text is no template
   */
  public static Template compile(String text) {
    String source = Lexer.normalize(text);
    try {
      return new Template(source, Parser.parse(source));
    } catch (JinjaException failure) {
      throw failure.in(source);
    }
  }

  /**
   * Renders the template.
   *
   * @param variables what counts as the template's own: plain Java data, that is texts, numbers,
   *     booleans, collections, maps and null
   * @param data what came with the conversation, likewise; {@link OwnText} in it counts as the
   *     template's own
   * @param clock tells strftime_now the day and its time zone
   * @throws JinjaException where the template fails, refuses, or takes too many steps, too deep a
   *     nesting or too long a text
   */
  public Rendered render(
      Map<String, ? extends @Nullable Object> variables,
      Map<String, ? extends @Nullable Object> data,
      Clock clock) {
    Map<String, Object> values = new HashMap<>(Globals.of(clock));
    variables.forEach((name, value) -> values.put(name, Values.of(value, false)));
    data.forEach((name, value) -> values.put(name, Values.of(value, true)));
    try {
      Object text = new Interpreter(new Budget()).capture(body, Scope.root(values));
      return Rendered.of(text, source);
    } catch (JinjaException failure) {
      throw failure.in(source);
    } catch (StackOverflowError tooDeep) {
      // Values that a template nests are walked by Java's own equals and hashCode.
      throw new JinjaException("nested too deep");
    }
  }

  /**
   * A text among a conversation's data that counts as the template's own, since it is one of a few
   * that are known, such as the name of a role.
   */
  public record OwnText(String text) {}
}
