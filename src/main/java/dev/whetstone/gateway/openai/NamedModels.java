package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.generate.GenerationService;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.serving.ServingSnapshot;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/** The names by which a caller may ask for a model: an operator for versions, too. */
@Singleton
final class NamedModels {
  private static final int MAX_VERSIONS = 100;
  private static final List<String> PUBLIC = List.of(SamplingFields.UNNAMED, "champion", "v0");
  private static final List<String> ALIASES = List.of("champion", "candidate", "previous");

  private final GatewayState serving;
  private final GenerationService generations;

  @Inject
  NamedModels(GatewayState serving, GenerationService generations) {
    this.serving = serving;
    this.generations = generations;
  }

  /** The aliases that this gateway serves, and the newest versions. */
  OpenAiResponses.Models list() {
    ServedModel model = serving.model();
    if (!generations.caller().operator()) {
      long created = baseCreated(model);
      return new OpenAiResponses.Models(
          "list", PUBLIC.stream().map(name -> named(name, created)).toList());
    }
    List<PolicyRecord> rows = model.policies().store().page(Long.MAX_VALUE, MAX_VERSIONS);
    ServingSnapshot now = model.policies().serving();
    List<OpenAiResponses.Model> models = new ArrayList<>();
    models.add(named(SamplingFields.UNNAMED, baseCreated(model)));
    for (String alias : ALIASES) {
      now.alias(alias)
          .flatMap(policy -> rows.stream().filter(r -> r.hash().equals(policy.hash())).findFirst())
          .ifPresent(row -> models.add(named(alias, row)));
    }
    rows.forEach(row -> models.add(named(row.version(), row)));
    return new OpenAiResponses.Models("list", models);
  }

  /**
   * One alias or version.
   *
   * @throws PolicyException.Unknown when there is none of this name
   */
  OpenAiResponses.Model get(String name) {
    ServedModel model = serving.model();
    boolean unnamed = name.equals(SamplingFields.UNNAMED);
    generations.caller().requireNameable(unnamed ? null : name);
    if (unnamed || !generations.caller().operator()) {
      return named(name, baseCreated(model));
    }
    String hash = model.policies().serving().alias(name).map(p -> p.hash()).orElse(name);
    return model
        .policies()
        .store()
        .find(hash)
        .map(row -> named(name, row))
        .orElseThrow(() -> new PolicyException.Unknown(name));
  }

  private static OpenAiResponses.Model named(String name, PolicyRecord row) {
    return named(name, row.createdAt().getEpochSecond());
  }

  private static OpenAiResponses.Model named(String name, long created) {
    return new OpenAiResponses.Model(name, "model", created, "whetstone");
  }

  private static long baseCreated(ServedModel model) {
    return model
        .policies()
        .store()
        .find(model.base().hash())
        .map(row -> row.createdAt().getEpochSecond())
        .orElse(0L);
  }
}
