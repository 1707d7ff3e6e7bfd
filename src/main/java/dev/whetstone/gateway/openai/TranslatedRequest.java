package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import java.util.Map;

/**
 * A request of another API, translated to the gateway's own.
 *
 * @param streamUsage whether a stream ends with the token counts
 * @param logprobs whether the response has the tokens' log-probs
 * @param headers further ones of the response
 */
public record TranslatedRequest(
    GenerateRequest generateRequest,
    GenerationPlan.Extras extras,
    boolean streamUsage,
    boolean logprobs,
    Map<String, String> headers) {}
