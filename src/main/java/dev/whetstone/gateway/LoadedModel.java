package dev.whetstone.gateway;

import dev.whetstone.engine.Engine;
import dev.whetstone.policy.Policy;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import java.time.Instant;
import java.util.Optional;

/**
 * The base model that is being served.
 *
 * @param template empty where the model has none: it then takes plain prompts only
 * @param base v0
 * @param temperature what generation_config.json recommends
 * @param importedAt when the base was imported
 */
public record LoadedModel(
    Engine engine,
    Tokenizer tokenizer,
    Optional<ChatTemplate> template,
    Policy base,
    int endToken,
    Optional<Double> temperature,
    Optional<Double> topP,
    Optional<Integer> topK,
    Instant importedAt) {

  /**
   * A version by its name, hash or alias.
   *
   * @throws ProblemException 404 when there is none
   */
  Policy policy(String name) {
    if (name.equals("champion") || name.equals(base.version()) || name.equals(base.hash())) {
      return base;
    }
    throw ProblemException.of(404, "unknown_policy", "there is no policy '" + name + "'");
  }
}
