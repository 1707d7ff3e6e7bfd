package dev.whetstone.preference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether votes on a pair may be trained on and counted: not where its request does not let them,
 * or where its answers tell little of what the policies write. The database decides the same in
 * {@code judged_votes}, which also knows the users and keys that let nothing be learned.
 */
public final class PairUse {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Set<String> ENDINGS = Set.of("stop", "length");
  private static final double MIN_TEMPERATURE = 0.2;
  private static final double MAX_REPETITION_PENALTY = 1.2;

  /** The obstacle of a pair whose request, user or key lets nothing be learned. */
  public static final String NO_CONSENT = "no_consent";

  private PairUse() {}

  /** Why votes on a pair are not usable, as one word; null where they are. */
  public static @Nullable String obstacle(Pair pair) {
    if (!pair.learn()) {
      return NO_CONSENT;
    }
    Side a = pair.a();
    Side b = pair.b();
    if (!ENDINGS.contains(a.finishReason()) || !ENDINGS.contains(b.finishReason())) {
      return "unfinished";
    }
    if (Arrays.equals(a.ids(), b.ids()) || a.text().equals(b.text())) {
      return "identical";
    }
    if (pair.prompt().ids().length == 0 || a.ids().length == 0 || b.ids().length == 0) {
      return "empty";
    }
    try {
      return obstacle(MAPPER.readTree(pair.sampling()));
    } catch (JsonProcessingException broken) {
      throw new IllegalArgumentException("sampling is not JSON", broken);
    }
  }

  /** Why answers with these settings are not usable, as one word; null where they are. */
  public static @Nullable String obstacle(JsonNode sampling) {
    if (!sampling.path("logit_bias").isEmpty()) {
      return "logit_bias";
    }
    if (!sampling.path("stop").isEmpty()) {
      return "stop";
    }
    double repetition = sampling.path("repetition_penalty").asDouble(1);
    if (sampling.path("presence_penalty").asDouble(0) != 0
        || sampling.path("frequency_penalty").asDouble(0) != 0
        || repetition < 1
        || repetition > MAX_REPETITION_PENALTY) {
      return "penalty";
    }
    if (sampling.hasNonNull("schema") || sampling.hasNonNull("choices")) {
      return "grammar";
    }
    return sampling.path("temperature").asDouble(1) < MIN_TEMPERATURE
            || sampling.path("top_k").asDouble(0) == 1
        ? "deterministic"
        : null;
  }
}
