package dev.whetstone.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.whetstone.text.template.syntax.JinjaException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile templates end with an error, and errors say where they are. */
class BudgetTest {
  private static String render(String template) {
    return Template.compile(template)
        .render(Map.of(), Map.of("text", "abc"), Clock.systemUTC())
        .text();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ 'x' * 9223372036854775807 }}",
        "{{ [1] * 999999999 }}",
        "{{ ([1] * 999999) * 999999 }}",
        "{{ 2 ** 9999999 }}",
        "{{ 2.0 ** 9999999 }}",
        "{{ range(99999999) }}",
        "{{ range(9223372036854775807) | list }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(x='xx') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='xx') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='xx') %}{% for i in range(99) %}{% set ns.x = ns.x.replace('x', 'xx') %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x == [ns.x] }}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{{ '%9999999999d' % 1 }}",
        "{{ '%999999999s' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ text.center(999999999) }}",
        "{{ text.ljust(999999999) }}",
        "{{ text.zfill(9223372036854775807) }}",
        "{{ text | indent(999999999) }}",
        "{{ text | center(999999999) }}",
        "{{ [1] | batch(999999999, 'x') | list }}",
        "{{ [1] | slice(999999999) | list }}",
        "{{ [[1]] * 999 | tojson(indent='" + "\\t\\t\\t\\t\\t\\t\\t\\t\\t\\t" + "') * 99999 }}",
      })
  void aHostileTemplateEndsSoonWithAnError(String template) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> assertThatThrownBy(() -> render(template)).isInstanceOf(JinjaException.class));
  }

  @Test
  void deepNestingIsRefusedWhenItIsRead() {
    for (String open : List.of("(", "[", "{1:", "not ", "-", "1 if ", "f(")) {
      String template = "{{ " + open.repeat(20_000) + "1 }}";
      assertThatThrownBy(() -> render(template)).isInstanceOf(JinjaException.class);
    }
    assertThatThrownBy(() -> render("{% if 1 %}".repeat(20_000)))
        .isInstanceOf(JinjaException.class);
    assertThatThrownBy(() -> render("{{ 1" + " + 1".repeat(20_000) + " }}"))
        .isInstanceOf(JinjaException.class);
    assertThatThrownBy(() -> render("{{ 1" + " | abs".repeat(20_000) + " }}"))
        .isInstanceOf(JinjaException.class);
  }

  @Test
  void aLongConversationFitsTheBudget() {
    List<Map<String, String>> messages =
        Collections.nCopies(2_000, Map.of("role", "user", "content", "x".repeat(500)));
    String text =
        Template.compile(
                "{% for m in messages %}<{{ m.role }}>{{ m['content'] | trim }}\n{% endfor %}")
            .render(Map.of(), Map.of("messages", messages), Clock.systemUTC())
            .text();

    assertThat(text).hasSize(2_000 * 507);
  }

  @Test
  void errorsSayLineAndColumn() {
    assertThatThrownBy(() -> render("a\n{% for m in %}"))
        .hasMessageStartingWith("line 2, column 13");
    assertThatThrownBy(() -> render("a\n\n  {{ text + 1 }}"))
        .hasMessageStartingWith("line 3, column 11: ");
    assertThatThrownBy(() -> render("{{ text | nope }}"))
        .hasMessage("line 1, column 11: no filter named 'nope'");
    assertThatThrownBy(() -> render("{{ nope.more }}"))
        .hasMessage("line 1, column 8: 'nope' is undefined");
  }

  @Test
  void theDateIsThatOfTheClock() {
    Clock clock = Clock.fixed(Instant.parse("2024-07-06T15:04:05Z"), ZoneOffset.UTC);
    String text =
        Template.compile("{{ strftime_now('%d %b %Y|%-d/%-m/%y|%A %B|%H:%M:%S|%I %p|%j|%e|%%') }}")
            .render(Map.of(), Map.of(), clock)
            .text();

    assertThat(text).isEqualTo("06 Jul 2024|6/7/24|Saturday July|15:04:05|03 PM|188| 6|%");
  }

  @Test
  void oneTemplateServesManyThreads() throws Exception {
    Template template =
        Template.compile(
            "{% set ns = namespace(n=0) %}{% for i in range(n) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> tasks =
          Collections.nCopies(
              64, () -> template.render(Map.of(), Map.of("n", 500), Clock.systemUTC()).text());
      for (Future<String> result : threads.invokeAll(tasks)) {
        assertThat(result.get()).isEqualTo("124750");
      }
    }
  }
}
