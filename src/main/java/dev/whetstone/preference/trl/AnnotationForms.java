package dev.whetstone.preference.trl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns the records that Argilla and Label Studio export into TRL's form: a prompt, two answers,
 * and what annotators chose. Answers named {@code chosen} and {@code rejected} are a row of TRL's
 * that was judged again; other texts are turns of a chat.
 */
final class AnnotationForms {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> PROMPTS = List.of("prompt", "instruction", "question");
  private static final Set<String> BESIDES = Set.of("system", "context", "id", "ref");

  private AnnotationForms() {}

  /**
   * The row in TRL's form; null for any other row.
   *
   * @throws PairFormatException when it is a record without a prompt, two answers and a decision
   */
  static @Nullable JsonNode toTrl(JsonNode row) throws PairFormatException {
    if (row.path("annotations").isArray() && row.path("data").isObject()) {
      Sides sides = Sides.of(row.path("data"), "data");
      for (JsonNode annotation : row.path("annotations")) {
        if (!annotation.path("was_cancelled").asBoolean()) {
          annotation.path("result").forEach(sides::countPairwise);
        }
      }
      return sides.decided();
    }
    if (row.path("fields").isObject() && row.path("responses").isObject()) {
      Sides sides = Sides.of(row.path("fields"), "fields");
      for (JsonNode question : row.path("responses")) {
        question.forEach(response -> sides.countNamed(response.path("value")));
      }
      return sides.decided();
    }
    return null;
  }

  /** Two answers to a prompt, and the votes for each. */
  private static final class Sides {
    private final JsonNode fields;
    private final String prompt;
    private final String first;
    private final String second;
    private int firstVotes;
    private int secondVotes;

    private Sides(JsonNode fields, String prompt, String first, String second) {
      this.fields = fields;
      this.prompt = prompt;
      this.first = first;
      this.second = second;
    }

    static Sides of(JsonNode fields, String where) throws PairFormatException {
      String prompt = PROMPTS.stream().filter(fields::has).findFirst().orElse("");
      List<String> answers = new ArrayList<>();
      for (var field : fields.properties()) {
        boolean says = field.getValue().isTextual() || field.getValue().isArray();
        if (says && !PROMPTS.contains(field.getKey()) && !BESIDES.contains(field.getKey())) {
          answers.add(field.getKey());
        }
      }
      if (prompt.isEmpty() || answers.size() != 2) {
        throw new PairFormatException(
            where + " must have a prompt and two answers, such as answer1 and answer2");
      }
      return new Sides(fields, prompt, answers.getFirst(), answers.getLast());
    }

    /** Counts a result of Label Studio's Pairwise tag, whose left side is the first answer. */
    void countPairwise(JsonNode result) {
      String selected = result.path("value").path("selected").asText();
      count(selected.equals("left") ? first : selected.equals("right") ? second : "");
    }

    /** Counts an answer of Argilla's: a name, a ranking of names, or ranks with their names. */
    void countNamed(JsonNode value) {
      JsonNode best = value.isArray() ? value.path(0) : value;
      for (JsonNode ranked : value) {
        if (ranked.path("rank").isInt()
            && ranked.path("rank").asInt() < best.path("rank").asInt()) {
          best = ranked;
        }
      }
      count(best.isObject() ? best.path("value").asText() : best.asText());
    }

    private void count(String name) {
      firstVotes += name.equals(first) ? 1 : 0;
      secondVotes += name.equals(second) ? 1 : 0;
    }

    JsonNode decided() throws PairFormatException {
      if (firstVotes == secondVotes) {
        throw new PairFormatException(
            firstVotes == 0
                ? "no annotator chose between %s and %s".formatted(first, second)
                : "the annotators disagree about %s and %s".formatted(first, second));
      }
      boolean ofTrl = Set.of(first, second).equals(Set.of("chosen", "rejected"));
      boolean firstWon = firstVotes > secondVotes;
      ObjectNode row = NODES.objectNode();
      JsonNode asked = fields.path(prompt);
      row.set("prompt", ofTrl || asked.isArray() ? asked : turns("user", asked));
      JsonNode won = fields.path(firstWon ? first : second);
      JsonNode lost = fields.path(firstWon ? second : first);
      row.set("chosen", ofTrl || won.isArray() ? won : turns("assistant", won));
      row.set("rejected", ofTrl || lost.isArray() ? lost : turns("assistant", lost));
      return row;
    }

    private ArrayNode turns(String role, JsonNode content) {
      ArrayNode turns = NODES.arrayNode();
      String system = fields.path("system").asText("");
      if (role.equals("user") && !system.isEmpty()) {
        turns.addObject().put("role", "system").put("content", system);
      }
      turns.addObject().put("role", role).set("content", content);
      return turns;
    }
  }
}
