package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of POST /v1/completions: continues a text without a chat template. */
@JsonIgnoreProperties({"metadata", "service_tier", "safety_identifier"})
public record CompletionRequest(
    @Schema(description = "alias or version; champion by default") @Nullable String model,
    @Schema(description = "a text or its token ids, or a list of such") @Nullable JsonNode prompt,
    @Schema(minimum = "0", description = "16 by default; 0 with echo only")
        @Nullable Integer maxTokens,
    @Schema(description = "the text begins with the prompt, and logprobs with those of it")
        @Nullable Boolean echo,
    @Schema(minimum = "0", maximum = "100") @Nullable Double temperature,
    @Schema(description = "in (0, 1]") @Nullable Double topP,
    @Schema(minimum = "1") @Nullable Integer n,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Nullable List<String> stop,
    @Nullable Boolean stream,
    ChatCompletionRequest.@Nullable StreamOptions streamOptions,
    @Schema(description = "the same seed gives the same text") @Nullable Long seed,
    @Nullable Double presencePenalty,
    @Nullable Double frequencyPenalty,
    @Schema(description = "added to the logits, by token id")
        @Nullable Map<Integer, Double> logitBias,
    @Schema(
            minimum = "0",
            maximum = "20",
            description = "return log-probs of the tokens and of this many alternatives to each")
        @Nullable Integer logprobs,
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
    @Schema(description = "false: nothing is learned from this request") @Nullable Boolean store)
    implements SamplingFields {}
