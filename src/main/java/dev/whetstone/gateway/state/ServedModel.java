package dev.whetstone.gateway.state;

import dev.whetstone.engine.Engine;
import dev.whetstone.lora.AdapterInput;
import dev.whetstone.policy.Policy;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The base model that is being served.
 *
 * @param template empty if the model has none: it then takes plain prompts only
 * @param policies the policy versions that are served
 * @param runs training runs of this base model
 * @param rollouts tests that decide whether a candidate becomes champion
 * @param config the base's architecture
 * @param sampling what the model's authors recommend
 * @param graph file of the decode graph
 * @param adapterInputs a version's LoRA tensors, by the graph input that takes them
 */
public record ServedModel(
    Engine engine,
    Tokenizer tokenizer,
    Optional<ChatTemplate> template,
    PolicyRouter policies,
    TrainingRunStore runs,
    Rollouts rollouts,
    ModelConfig config,
    RecommendedSampling sampling,
    Path graph,
    Function<Policy, Map<String, AdapterInput>> adapterInputs) {

  /** The imported base model, as it was opened. */
  public ModelDirectory directory() {
    Path folder = Objects.requireNonNull(graph.toAbsolutePath().getParent());
    return new ModelDirectory(folder, config, base().hash());
  }

  /** The token that ends a turn. */
  public int endToken() {
    return config.endOfTurn();
  }

  /** Turns pairs and answers of other programs into this model's tokens. */
  public PairTokenizer pairTokenizer() {
    return new PairTokenizer(tokenizer, template, endToken(), base().hash());
  }

  /** Version v0: the base model without an adapter, the frozen reference. */
  public Policy base() {
    return policies.base();
  }

  /**
   * A version by its name, hash or alias; null means the champion.
   *
   * @throws dev.whetstone.policy.PolicyException when it does not exist or cannot be served
   */
  public Policy policy(@Nullable String name) {
    return name == null ? policies.serving().champion() : policies.resolve(name);
  }
}
