package dev.whetstone.benchmark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.benchmark.BenchmarkReport.Masks;
import dev.whetstone.grammar.Grammar;
import dev.whetstone.grammar.GrammarMatcher;
import dev.whetstone.grammar.TokenGrammar;
import dev.whetstone.grammar.TokenVocabulary;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Times the masks of structured output: each answer is written with random tokens of its masks, so
 * that they go where a model would seldom lead them. A schema is compiled anew for each round, and
 * so its first answer finds no mask that is known. Times are those of this thread on a core: what
 * else the machine does is not in them.
 */
final class MaskBenchmark {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
  private static final int WALKS = 8;
  private static final int MAX_TOKENS = 256;

  /** The last is a form as programs have them. */
  private static final Map<String, String> SCHEMAS = new LinkedHashMap<>();

  static {
    SCHEMAS.put("any object", "{\"type\": \"object\"}");
    SCHEMAS.put(
        "bounded texts",
        """
        {"type": "object", "additionalProperties": false, "required": ["title", "body"],
         "properties": {"title": {"type": "string", "minLength": 3, "maxLength": 40},
                        "body": {"type": "string", "maxLength": 400}}}
        """);
    SCHEMAS.put(
        "patterns and formats",
        """
        {"type": "object", "additionalProperties": false, "required": ["id", "at", "mail", "code"],
         "properties": {"id": {"type": "string", "format": "uuid"},
                        "at": {"type": "string", "format": "date-time"},
                        "mail": {"type": "string", "format": "email"},
                        "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4,8}$"}}}
        """);
    SCHEMAS.put(
        "a recursive tree",
        """
        {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "additionalProperties": false,
         "required": ["name", "children"], "properties": {"name": {"type": "string"},
         "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}
        """);
    SCHEMAS.put(
        "a form",
        """
        {"type": "object", "additionalProperties": false,
         "required": ["kind", "priority", "customer", "lines"],
         "properties": {
           "kind": {"enum": ["order", "return", "question", "complaint"]},
           "priority": {"type": "integer", "minimum": 1, "maximum": 5},
           "paid": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
           "customer": {"type": "object", "additionalProperties": false, "required": ["name"],
             "properties": {"name": {"type": "string", "maxLength": 60},
                            "phone": {"type": "string", "pattern": "^\\\\+?[0-9 ]{5,20}$"}}},
           "lines": {"type": "array", "minItems": 1, "maxItems": 20,
             "items": {"type": "object", "additionalProperties": false,
               "required": ["article", "count", "price"],
               "properties": {"article": {"type": "string", "maxLength": 80},
                              "count": {"type": "integer", "minimum": 1, "maximum": 999},
                              "price": {"type": "number", "minimum": 0},
                              "note": {"type": "string"}}}}}}
        """);
  }

  private final TokenVocabulary vocabulary;
  private final Set<Integer> ends;
  private final Random random = new Random(1);
  private final Map<String, Times> times = new LinkedHashMap<>();

  MaskBenchmark(TokenVocabulary vocabulary, Set<Integer> ends) {
    this.vocabulary = vocabulary;
    this.ends = ends;
  }

  /** Nanoseconds of each mask, with its token's way, and of each compilation. */
  private static final class Times {
    private long[] masks = new long[1024];
    private int tokens;
    private long[] compiled = {};

    void add(long nanos) {
      if (tokens == masks.length) {
        masks = Arrays.copyOf(masks, 2 * tokens);
      }
      masks[tokens++] = nanos;
    }

    void addCompiled(long nanos) {
      compiled = Arrays.copyOf(compiled, compiled.length + 1);
      compiled[compiled.length - 1] = nanos;
    }

    Masks report(String schema) {
      long[] sorted = Arrays.copyOf(masks, tokens);
      Arrays.sort(sorted);
      return new Masks(
          schema,
          tokens,
          Arrays.stream(compiled).max().orElse(0) / 1e6,
          Arrays.stream(sorted).average().orElse(0) / 1e6,
          sorted[Math.min(tokens - 1, tokens * 99 / 100)] / 1e6,
          sorted[tokens - 1] / 1e6);
    }
  }

  /** Compiles every schema and writes some answers of each. */
  void round() {
    SCHEMAS.forEach(
        (name, schema) -> {
          Times known = times.computeIfAbsent(name, _ -> new Times());
          long before = CLOCK.getCurrentThreadCpuTime();
          TokenGrammar grammar = new TokenGrammar(compile(schema), vocabulary);
          known.addCompiled(CLOCK.getCurrentThreadCpuTime() - before);
          for (int walk = 0; walk < WALKS; walk++) {
            write(grammar.start(), known);
          }
        });
  }

  private static Grammar compile(String schema) {
    try {
      return Grammar.ofSchema(JSON.readTree(schema), true);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(schema, impossible);
    }
  }

  private void write(GrammarMatcher matcher, Times known) {
    for (int i = 0; i < MAX_TOKENS; i++) {
      long before = CLOCK.getCurrentThreadCpuTime();
      long[] mask = matcher.mask();
      long between = CLOCK.getCurrentThreadCpuTime();
      int token = any(mask);
      long after = CLOCK.getCurrentThreadCpuTime();
      if (ends.contains(token)) {
        known.add(between - before);
        return;
      }
      matcher.accept(token);
      known.add(between - before + CLOCK.getCurrentThreadCpuTime() - after);
    }
  }

  private int any(long[] mask) {
    BitSet allowed = BitSet.valueOf(mask);
    int skipped = random.nextInt(allowed.cardinality());
    return allowed.stream().skip(skipped).findFirst().orElseThrow();
  }

  /** A grammar of answers that have no end within any benchmark. */
  static Grammar endless() {
    return compile(
        """
        {"type": "array", "minItems": 100000, "items": {"type": "object",
         "additionalProperties": false, "required": ["word", "kind", "count"],
         "properties": {"word": {"type": "string", "maxLength": 20},
                        "kind": {"enum": ["noun", "verb", "adjective"]},
                        "count": {"type": "integer", "minimum": 0, "maximum": 100}}}}
        """);
  }

  /** Forgets what was measured. */
  void clear() {
    times.clear();
  }

  List<Masks> report() {
    return times.entrySet().stream().map(row -> row.getValue().report(row.getKey())).toList();
  }
}
