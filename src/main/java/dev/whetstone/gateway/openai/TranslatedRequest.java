package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import java.util.Map;

/**
 * A request of another API, translated to the gateway's own.
 *
 * @param usageInStream where a stream has the token counts
 * @param logprobs whether the response has the tokens' log-probs
 * @param headers further ones of the response
 */
public record TranslatedRequest(
    GenerateRequest generateRequest,
    GenerationPlan.Extras extras,
    UsageInStream usageInStream,
    boolean logprobs,
    Map<String, String> headers) {
  /** Where a stream has the token counts; a whole answer always has them. */
  public enum UsageInStream {
    NOWHERE,
    AT_THE_END,
    EVERYWHERE
  }
}
