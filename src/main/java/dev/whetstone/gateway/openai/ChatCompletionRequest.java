package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of POST /v1/chat/completions. Fields that have no effect here (metadata, service_tier, …)
 * are accepted and ignored; unsupported fields that would change the answer (audio, …) are refused
 * as unknown, unless they ask for nothing ({@link IdleFields}).
 */
@JsonIgnoreProperties({
  "metadata",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prediction"
})
public record ChatCompletionRequest(
    @Schema(description = "alias or version; champion by default") @Nullable String model,
    @Nullable List<ChatTurn> messages,
    @Schema(minimum = "1") @Nullable Integer maxTokens,
    @Schema(minimum = "1") @Nullable Integer maxCompletionTokens,
    @Schema(minimum = "0", maximum = "100") @Nullable Double temperature,
    @Schema(description = "in (0, 1]") @Nullable Double topP,
    @Schema(minimum = "1") @Nullable Integer n,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Nullable List<String> stop,
    @Nullable Boolean stream,
    @Nullable StreamOptions streamOptions,
    @Schema(description = "the same seed gives the same text") @Nullable Long seed,
    @Nullable Double presencePenalty,
    @Nullable Double frequencyPenalty,
    @Schema(description = "added to the logits, by token id")
        @Nullable Map<Integer, Double> logitBias,
    @Nullable Boolean logprobs,
    @Schema(minimum = "0", maximum = "20") @Nullable Integer topLogprobs,
    @Schema(maxLength = 200) @Nullable String user,
    @Schema(
            implementation = Object.class,
            description = "text, json_object, or json_schema with a JSON Schema")
        @Nullable JsonNode responseFormat,
    @Schema(description = "the answer is exactly one of these texts")
        @Nullable List<String> guidedChoice,
    @Schema(implementation = Object.class, description = "a JSON Schema, as in vLLM")
        @Nullable JsonNode guidedJson,
    @Schema(minimum = "-1", description = "0 and -1 keep all tokens") @Nullable Integer topK,
    @Schema(minimum = "0", maximum = "1") @Nullable Double minP,
    @Nullable Double repetitionPenalty,
    @Schema(description = "continue past the end token (load tests)") @Nullable Boolean ignoreEos,
    @Schema(description = "further token ids that end the text; at most 64")
        @Nullable List<Integer> stopTokenIds,
    @Schema(minimum = "0", description = "no end token and no stop sequence before")
        @Nullable Integer minTokens,
    @Schema(description = "the text keeps what ended it") @Nullable Boolean includeStopStrInOutput,
    @Schema(description = "false: the text has special tokens") @Nullable Boolean skipSpecialTokens,
    @Schema(implementation = Object.class, description = "functions that the model may call")
        @Nullable JsonNode tools,
    @Schema(implementation = Object.class, description = "auto, none, required, or a function")
        @Nullable JsonNode toolChoice,
    @Nullable Boolean parallelToolCalls,
    @Schema(implementation = Object.class, description = "further names for the chat template")
        @Nullable JsonNode chatTemplateKwargs,
    @Schema(description = "false: the prompt ends behind the last message")
        @Nullable Boolean addGenerationPrompt,
    @Schema(description = "true: the last message is continued")
        @Nullable Boolean continueFinalMessage,
    @Schema(description = "true gives two blind answers to vote on, as two choices")
        @Nullable Boolean pair,
    @Schema(description = "false: nothing is learned from this request") @Nullable Boolean store)
    implements SamplingFields {

  /**
   * A message; its content is a text or a list of text parts. Fields that only repeat an earlier
   * answer are left aside.
   */
  @JsonIgnoreProperties({"id", "parsed", "annotations", "reasoning_content", "refusal"})
  public record ChatTurn(
      @Nullable String role,
      @Schema(description = "a text, or a list of {\"type\": \"text\", \"text\": …}")
          @Nullable JsonNode content,
      @Nullable String name,
      @Schema(implementation = Object.class) @Nullable JsonNode toolCalls,
      @Nullable String toolCallId) {}

  /** Options of a stream. */
  @JsonIgnoreProperties("include_obfuscation")
  public record StreamOptions(
      @Schema(description = "the stream ends with the token counts") @Nullable Boolean includeUsage,
      @Schema(description = "with include_usage: every event has the counts so far")
          @Nullable Boolean continuousUsageStats) {}
}
