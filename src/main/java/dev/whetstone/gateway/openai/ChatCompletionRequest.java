package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of POST /v1/chat/completions. Fields that change nothing here (store, metadata, …) are
 * accepted and left aside; what would change the answer and is not served (tools, audio, …) is
 * refused as an unknown field.
 */
@JsonIgnoreProperties({
  "store",
  "metadata",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "parallel_tool_calls"
})
public record ChatCompletionRequest(
    @Schema(description = "alias or version; champion when left out") @Nullable String model,
    @Nullable List<ChatTurn> messages,
    @Schema(minimum = "1") @Nullable Integer maxTokens,
    @Schema(minimum = "1") @Nullable Integer maxCompletionTokens,
    @Schema(minimum = "0", maximum = "100") @Nullable Double temperature,
    @Schema(description = "in (0, 1]") @Nullable Double topP,
    @Schema(minimum = "1") @Nullable Integer n,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Nullable List<String> stop,
    @Nullable Boolean stream,
    @Nullable StreamOptions streamOptions,
    @Schema(description = "the same seed repeats the text") @Nullable Long seed,
    @Nullable Double presencePenalty,
    @Nullable Double frequencyPenalty,
    @Schema(description = "added to the logits, by token id")
        @Nullable Map<Integer, Double> logitBias,
    @Nullable Boolean logprobs,
    @Schema(minimum = "0", maximum = "20") @Nullable Integer topLogprobs,
    @Schema(maxLength = 200) @Nullable String user,
    @Schema(description = "{\"type\": \"text\"} only") @Nullable JsonNode responseFormat,
    @Schema(minimum = "0", description = "0 keeps all") @Nullable Integer topK,
    @Schema(minimum = "0", maximum = "1") @Nullable Double minP,
    @Nullable Double repetitionPenalty,
    @Schema(description = "go on past the end token (load tests)") @Nullable Boolean ignoreEos)
    implements SamplingFields {

  /** One turn; its content is a text or a list of text parts. */
  public record ChatTurn(
      @Nullable String role,
      @Schema(description = "a text, or parts {\"type\": \"text\", \"text\": …}")
          @Nullable JsonNode content,
      @Nullable String name) {}

  /** Extras of a stream. */
  public record StreamOptions(@Nullable Boolean includeUsage) {}
}
