package dev.whetstone.preference.trl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Turns the forms of other preference data into TRL's; what it does not know it leaves as it is.
 */
final class OtherForms {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private OtherForms() {}

  /** The row in TRL's form. */
  static JsonNode toTrl(JsonNode row) {
    if (row.path("input").path("messages").isArray() && row.has("preferred_output")) {
      return openAi(row);
    }
    boolean texts = row.path("chosen").isTextual() && row.path("rejected").isTextual();
    if (row.path("question").isTextual() && texts && !row.has("prompt")) {
      return question(row);
    }
    boolean lists = row.path("chosen").isArray() && row.path("rejected").isArray();
    return row.path("prompt").isTextual() && lists ? promptBesides(row) : row;
  }

  /** OpenAI's preference fine-tuning: {@code input}, {@code preferred_output} and its opposite. */
  private static JsonNode openAi(JsonNode row) {
    ObjectNode trl = NODES.objectNode();
    trl.set("prompt", row.path("input").path("messages"));
    trl.set("chosen", row.path("preferred_output"));
    trl.set("rejected", row.path("non_preferred_output"));
    return trl;
  }

  /** That of orca_dpo_pairs: {@code system} and {@code question}, with answers as texts. */
  private static JsonNode question(JsonNode row) {
    ArrayNode prompt = NODES.arrayNode();
    String system = row.path("system").asText("");
    if (!system.isEmpty()) {
      prompt.add(message("system", row.path("system")));
    }
    prompt.add(message("user", row.path("question")));
    ObjectNode trl = NODES.objectNode();
    trl.set("prompt", prompt);
    for (String side : new String[] {"chosen", "rejected"}) {
      trl.set(side, NODES.arrayNode().add(message("assistant", row.path(side))));
    }
    return trl;
  }

  /** That of ultrafeedback_binarized: a text as prompt, which both conversations begin with too. */
  private static JsonNode promptBesides(JsonNode row) {
    ObjectNode trl = row.deepCopy();
    JsonNode first = row.path("chosen").path(0);
    boolean repeated = first.path("role").asText().equals("user");
    if (repeated && first.path("content").equals(row.path("prompt"))) {
      trl.remove("prompt");
    } else {
      trl.set("prompt", NODES.arrayNode().add(message("user", row.path("prompt"))));
    }
    return trl;
  }

  private static ObjectNode message(String role, JsonNode content) {
    return NODES.objectNode().put("role", role).set("content", content);
  }
}
