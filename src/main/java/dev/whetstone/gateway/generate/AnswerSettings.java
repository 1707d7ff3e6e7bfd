package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.settings.JsonText;
import java.util.List;

/** What is stored of the settings that an answer was made with, and how it is written. */
final class AnswerSettings {
  private AnswerSettings() {}

  /** The settings of the first answer, with its seed. */
  static ObjectNode of(ObjectMapper mapper, GenerateRequest asked, GenerationRequest request) {
    ObjectNode settings = mapper.valueToTree(request.branches().getFirst().sampling());
    settings.put("max_tokens", request.maxTokens());
    Ending ending = request.ending();
    settings.set("stop", mapper.valueToTree(ending.stops()));
    if (!ending.isPlain()) {
      settings.set("ending", mapper.valueToTree(ending.withStops(List.of())));
    }
    if (request.specialTokens()) {
      settings.put("special_tokens", true);
    }
    if (asked.schema() != null) {
      settings.set("schema", asked.schema());
    }
    if (asked.choices() != null) {
      settings.set("choices", mapper.valueToTree(asked.choices()));
    }
    return settings;
  }

  // Escape: a client's metadata may contain characters that PostgreSQL's encoding refuses.
  static String json(ObjectMapper mapper, Object value) {
    return JsonText.of(mapper.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII), value);
  }
}
