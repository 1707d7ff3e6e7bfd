package dev.whetstone.preference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether votes on a pair may be trained on and counted: not where its request does not let them,
 * or where its answers tell little of what the policies write. What {@code judged_votes} must say
 * of a vote where no user and no key refuses; slow and obvious.
 */
final class PairUse {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Set<String> ENDINGS = Set.of("stop", "length");
  private static final double MIN_TEMPERATURE = 0.2;
  private static final double MAX_REPETITION_PENALTY = 1.2;

  private PairUse() {}

  /** Why votes on a pair are not usable; null where they are. */
  static @Nullable Unusable obstacle(Pair pair) {
    if (!pair.learn()) {
      return Unusable.NO_CONSENT;
    }
    Side a = pair.a();
    Side b = pair.b();
    if (!ENDINGS.contains(a.finishReason()) || !ENDINGS.contains(b.finishReason())) {
      return Unusable.UNFINISHED;
    }
    if (Arrays.equals(a.ids(), b.ids()) || a.text().equals(b.text())) {
      return Unusable.IDENTICAL;
    }
    if (pair.prompt().ids().length == 0 || a.ids().length == 0 || b.ids().length == 0) {
      return Unusable.EMPTY;
    }
    try {
      return obstacle(MAPPER.readTree(pair.sampling()));
    } catch (JsonProcessingException broken) {
      throw new IllegalArgumentException("sampling is not JSON", broken);
    }
  }

  /** Why answers with these settings are not usable; null where they are. */
  static @Nullable Unusable obstacle(JsonNode sampling) {
    if (!sampling.path("logit_bias").isEmpty()) {
      return Unusable.LOGIT_BIAS;
    }
    if (!sampling.path("stop").isEmpty() || sampling.hasNonNull("ending")) {
      return Unusable.STOP;
    }
    double repetition = sampling.path("repetition_penalty").asDouble(1);
    if (sampling.path("presence_penalty").asDouble(0) != 0
        || sampling.path("frequency_penalty").asDouble(0) != 0
        || repetition < 1
        || repetition > MAX_REPETITION_PENALTY) {
      return Unusable.PENALTY;
    }
    if (sampling.hasNonNull("schema") || sampling.hasNonNull("choices")) {
      return Unusable.GRAMMAR;
    }
    return sampling.path("temperature").asDouble(1) < MIN_TEMPERATURE
            || sampling.path("top_k").asDouble(0) == 1
        ? Unusable.DETERMINISTIC
        : null;
  }
}
