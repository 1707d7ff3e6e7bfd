package dev.whetstone.rollout.gate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.JsonFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The operator's own checks: a JSONL file with a prompt and one rule a line. {@code {"name":
 * "greets", "prompt": "Hi", "must_match": "(?i)hello"}}; other rules are {@code must_not_match},
 * {@code longest} (characters) and {@code command} (a list; reads the answer, exits 0). In the
 * place of {@code prompt} may stand {@code messages}.
 *
 * @param checks in the order of the file
 */
public record OperatorChecks(List<Check> checks) {
  public static final OperatorChecks NONE = new OperatorChecks(List.of());

  private static final int MAX_CHECKS = 500;
  private static final int COMMAND_SECONDS = 30;
  private static final Set<String> RULES =
      Set.of("must_match", "must_not_match", "longest", "command");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** What an answer must be like. */
  sealed interface Rule {
    record Match(Pattern pattern, boolean wanted) implements Rule {}

    record Longest(int characters) implements Rule {}

    record Command(List<String> command) implements Rule {}
  }

  /** A prompt's token ids, and the rule for its answer. */
  record Check(String name, int[] prompt, Rule rule) {
    /** Whether an answer keeps the rule. */
    boolean isKeptBy(String answer) {
      return switch (rule) {
        case Rule.Match match -> match.pattern().matcher(answer).find() == match.wanted();
        case Rule.Longest longest ->
            answer.codePointCount(0, answer.length()) <= longest.characters();
        case Rule.Command command -> exitsWithZero(command.command(), answer);
      };
    }
  }

  /**
   * Reads a file.
   *
   * @param maxTokens tokens of the longest prompt that leaves room for an answer
   * @param promptIds token ids of a line's {@code prompt} (a text) or {@code messages} (an array)
   * @throws IllegalArgumentException naming the line and what is wrong with it
   */
  public static OperatorChecks read(Path file, int maxTokens, Function<JsonNode, int[]> promptIds) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "the checks of the gate cannot be read: " + unreadable, unreadable);
    }
    List<Check> checks = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      try {
        Check check = check(JSON.readTree(lines.get(i)), i + 1, promptIds);
        if (check.prompt().length < 1 || check.prompt().length > maxTokens) {
          throw new IllegalArgumentException(
              "the prompt has %d tokens, not 1 to %d".formatted(check.prompt().length, maxTokens));
        }
        if (!names.add(check.name()) || checks.size() == MAX_CHECKS) {
          throw new IllegalArgumentException(
              "a name stands twice, or there are more than " + MAX_CHECKS + " checks");
        }
        checks.add(check);
      } catch (JsonProcessingException invalid) {
        throw new IllegalArgumentException(
            "line %d of %s: %s".formatted(i + 1, file, JsonFault.of(invalid)), invalid);
      } catch (IllegalArgumentException invalid) {
        throw new IllegalArgumentException(
            "line %d of %s: %s".formatted(i + 1, file, invalid.getMessage()), invalid);
      }
    }
    return new OperatorChecks(List.copyOf(checks));
  }

  private static Check check(@Nullable JsonNode line, int number, Function<JsonNode, int[]> ids) {
    if (line == null || !line.isObject()) {
      throw new IllegalArgumentException("a check is an object");
    }
    List<String> rules = new ArrayList<>();
    line.fieldNames()
        .forEachRemaining(
            field -> {
              if (RULES.contains(field)) {
                rules.add(field);
              } else if (!Set.of("name", "prompt", "messages").contains(field)) {
                throw new IllegalArgumentException("unknown field " + field);
              }
            });
    boolean text = line.path("prompt").isTextual();
    if (rules.size() != 1 || text == line.path("messages").isArray()) {
      throw new IllegalArgumentException(
          "a check has prompt (a text) or messages (an array), and one of " + RULES);
    }
    int[] prompt = ids.apply(text ? line.path("prompt") : line.path("messages"));
    String name = line.path("name").asText("line " + number);
    return new Check(name, prompt, rule(rules.getFirst(), line.path(rules.getFirst())));
  }

  private static Rule rule(String name, JsonNode value) {
    return switch (name) {
      case "must_match", "must_not_match" ->
          new Rule.Match(pattern(value), name.equals("must_match"));
      case "longest" -> {
        if (!value.canConvertToInt() || value.intValue() < 0) {
          throw new IllegalArgumentException("longest is a number of characters");
        }
        yield new Rule.Longest(value.intValue());
      }
      default -> {
        List<String> words = new ArrayList<>();
        value.forEach(word -> words.add(word.asText()));
        if (!value.isArray() || words.isEmpty()) {
          throw new IllegalArgumentException("command is a list of words");
        }
        yield new Rule.Command(List.copyOf(words));
      }
    };
  }

  private static Pattern pattern(JsonNode value) {
    try {
      return Pattern.compile(value.asText());
    } catch (PatternSyntaxException malformed) {
      throw new IllegalArgumentException(malformed.getMessage(), malformed);
    }
  }

  /** The names of the checks whose answers break their rule; answers in the checks' order. */
  List<String> brokenBy(List<String> answers) {
    List<String> broken = new ArrayList<>();
    for (int i = 0; i < checks.size(); i++) {
      if (!checks.get(i).isKeptBy(answers.get(i))) {
        broken.add(checks.get(i).name());
      }
    }
    return List.copyOf(broken);
  }

  private static boolean exitsWithZero(List<String> command, String answer) {
    Optional<Process> started = Optional.empty();
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      started = Optional.of(process);
      try (var input = process.getOutputStream()) {
        input.write(answer.getBytes(StandardCharsets.UTF_8));
      } catch (IOException closed) {
        // It need not read the whole answer.
      }
      return process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException missing) {
      throw new IllegalStateException("a check of the gate cannot be run: " + missing, missing);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the gate was interrupted", stopped);
    } finally {
      started.ifPresent(Process::destroyForcibly);
    }
  }
}
