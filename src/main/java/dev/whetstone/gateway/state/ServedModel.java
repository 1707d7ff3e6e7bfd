package dev.whetstone.gateway.state;

import dev.whetstone.engine.Engine;
import dev.whetstone.lora.AdapterInput;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The base model that is being served.
 *
 * @param template empty where the model has none: it then takes plain prompts only
 * @param policies the versions that answer
 * @param runs its training runs
 * @param rollouts candidates on their way to champion
 * @param sampling what the model's authors recommend
 * @param graph the graph that decodes
 * @param adapterInputs what the graph takes for a version
 */
public record ServedModel(
    Engine engine,
    Tokenizer tokenizer,
    Optional<ChatTemplate> template,
    PolicyRouter policies,
    TrainingRunStore runs,
    Rollouts rollouts,
    int endToken,
    RecommendedSampling sampling,
    Path graph,
    Function<Policy, Map<String, AdapterInput>> adapterInputs) {

  /** v0: the base alone, the frozen reference. */
  public Policy base() {
    return policies.base();
  }

  /**
   * A version by its name, hash or alias; null is the champion.
   *
   * @throws dev.whetstone.policy.PolicyException when there is none or it cannot be served
   */
  public Policy policy(@Nullable String name) {
    return name == null ? policies.serving().champion() : policies.resolve(name);
  }
}
