package dev.whetstone.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.database.Database;
import dev.whetstone.engine.Engine;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.RolloutConfig;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.gate.GateChecksConfig;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Connects the model that a gateway opens to the versions and rollouts in its database. */
@Singleton
final class GatewayPolicyServices implements ModelOpener.PolicyServices {
  private final AppSettings settings;
  private final InstantSource clock;
  private final Database database;
  private final ServingConfig servingConfig;
  private final RolloutConfig rolloutConfig;
  private final GateChecksConfig gateChecks;
  private final RandomGenerator random;

  @Inject
  GatewayPolicyServices(
      AppSettings settings,
      InstantSource clock,
      Database database,
      ServingConfig servingConfig,
      RolloutConfig rolloutConfig,
      GateChecksConfig gateChecks,
      RandomGenerator random) {
    this.settings = settings;
    this.clock = clock;
    this.database = database;
    this.servingConfig = servingConfig;
    this.rolloutConfig = rolloutConfig;
    this.gateChecks = gateChecks;
    this.random = random;
  }

  @Override
  public PolicyRouter createRouter(Engine engine, Policy base) {
    return new PolicyRouter(
        engine,
        base,
        new PolicyStore(database, base.hash()),
        new AdapterCache(
            settings.home().resolve("policies"),
            base.hash(),
            servingConfig.cachedAdapters(),
            clock),
        servingConfig,
        clock,
        gatewayName());
  }

  @Override
  public Rollouts createRollouts(
      Engine engine,
      Tokenizer tokenizer,
      Optional<ChatTemplate> template,
      PolicyRouter policies,
      TrainingRunStore runs) {
    int[] probeText = tokenizer.encodePrompt(rolloutConfig.gate().probeText());
    return new Rollouts(
        engine,
        policies,
        runs,
        rolloutConfig,
        servingConfig.poll(),
        probeText,
        checks(engine.slotLength(), tokenizer, template),
        random,
        clock);
  }

  private OperatorChecks checks(
      int slotLength, Tokenizer tokenizer, Optional<ChatTemplate> template) {
    return gateChecks
        .checks()
        .map(
            file ->
                OperatorChecks.read(
                    file, slotLength - 1, prompt -> promptIds(tokenizer, template, prompt)))
        .orElse(OperatorChecks.NONE);
  }

  private static int[] promptIds(
      Tokenizer tokenizer, Optional<ChatTemplate> template, JsonNode prompt) {
    List<Message> messages = new ArrayList<>();
    prompt.forEach(
        message ->
            messages.add(
                new Message(message.path("role").asText(), message.path("content").asText())));
    if (prompt.isTextual() && template.isEmpty()) {
      return tokenizer.encodePrompt(prompt.asText());
    }
    return tokenizer.encode(
        template
            .orElseThrow(
                () -> new IllegalArgumentException("this model has no template for messages"))
            .render(
                prompt.isTextual() ? List.of(new Message("user", prompt.asText())) : messages,
                true));
  }

  /** This gateway's name in the cluster: host name and port, which no other gateway shares. */
  private String gatewayName() {
    try {
      return InetAddress.getLocalHost().getHostName() + ":" + settings.port();
    } catch (UnknownHostException unresolved) {
      return "localhost:" + settings.port();
    }
  }
}
