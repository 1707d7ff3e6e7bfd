package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.Requester;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.gateway.generate.KeptGeneration.KeptSide;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.grammar.TokenGrammar;
import dev.whetstone.io.JsonFault;
import dev.whetstone.policy.Policy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the request again that a kept answer or pair came from. */
@Singleton
final class ReplayRequests {
  private static final List<String> SAMPLING =
      List.of(
          "temperature",
          "top_k",
          "top_p",
          "min_p",
          "repetition_penalty",
          "presence_penalty",
          "frequency_penalty",
          "logit_bias",
          "seed");

  private final GatewayConfig config;
  private final GrammarService grammars;
  private final ObjectMapper mapper;

  @Inject
  ReplayRequests(GatewayConfig config, GrammarService grammars, ObjectMapper mapper) {
    this.config = config;
    this.grammars = grammars;
    this.mapper = mapper;
  }

  /**
   * The request of a kept generation, with the versions and seeds that it had.
   *
   * @throws ProblemException 409 saying why it cannot be computed again here
   * @throws dev.whetstone.policy.PolicyException when a version cannot be served
   */
  GenerationRequest request(ServedModel model, KeptGeneration kept, String keyId) {
    if (kept.imported()) {
      throw refused("it was imported, or a person wrote a side of it");
    }
    if (!kept.baseHash().equals(model.base().hash())) {
      throw refused("another base model wrote it");
    }
    ObjectNode settings = settings(kept.sampling());
    List<CompletionSpec> branches = new ArrayList<>();
    for (KeptSide side : kept.sides()) {
      branches.add(new CompletionSpec(policy(model, side), sampling(settings, side)));
    }
    List<String> stop = new ArrayList<>();
    settings.path("stop").forEach(text -> stop.add(text.asText()));
    return new GenerationRequest(
        kept.promptIds(),
        branches,
        settings.path("max_tokens").asInt(1),
        ending(settings).withStops(stop),
        settings.path("special_tokens").asBoolean(),
        0,
        kept.isPair(),
        config.requestTimeout(),
        new Requester(keyId, ""),
        grammar(model, settings));
  }

  private static Policy policy(ServedModel model, KeptSide side) {
    Policy policy = model.policies().resolve(side.policy());
    if (!policy.hash().equals(side.hash())) {
      throw refused("%s is another version than the one that wrote it".formatted(side.policy()));
    }
    return policy;
  }

  private Ending ending(JsonNode settings) {
    if (!settings.has("ending")) {
      return Ending.NATURAL;
    }
    try {
      return mapper.treeToValue(settings.get("ending"), Ending.class);
    } catch (JsonProcessingException unreadable) {
      throw refused("its settings cannot be read: " + JsonFault.of(unreadable));
    }
  }

  private SamplingParameters sampling(ObjectNode settings, KeptSide side) {
    ObjectNode own = settings.deepCopy();
    if (side.name() != null) {
      own.set("seed", settings.path("seed_" + side.name()));
    }
    try {
      return mapper.treeToValue(own.retain(SAMPLING), SamplingParameters.class);
    } catch (JsonProcessingException unreadable) {
      throw refused("its settings cannot be read: " + JsonFault.of(unreadable));
    } catch (IllegalArgumentException unreadable) {
      throw refused("its settings cannot be read: " + unreadable.getMessage());
    }
  }

  private @Nullable TokenGrammar grammar(ServedModel model, JsonNode settings) {
    JsonNode schema = settings.path("schema");
    if (schema.isBoolean()) {
      throw refused("the grammar of its answer was not kept");
    }
    if (schema.isObject()) {
      return grammars.compile(
          model,
          new AnswerFormat.Asked(new AnswerFormat.Schema(schema.toString(), false), "schema"));
    }
    if (!settings.has("choices")) {
      return null;
    }
    List<String> texts = new ArrayList<>();
    settings.path("choices").forEach(text -> texts.add(text.asText()));
    return grammars.compile(
        model, new AnswerFormat.Asked(new AnswerFormat.Choices(texts), "choices"));
  }

  private ObjectNode settings(String json) {
    try {
      return mapper.readValue(json, ObjectNode.class);
    } catch (JsonProcessingException unreadable) {
      throw refused("its settings cannot be read: " + JsonFault.of(unreadable));
    }
  }

  private static ProblemException refused(String why) {
    return ProblemException.of(409, "not_replayable", "this cannot be computed again: " + why);
  }
}
