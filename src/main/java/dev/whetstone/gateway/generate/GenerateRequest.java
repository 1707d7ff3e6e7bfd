package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.text.Message;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of POST /generate; an absent field takes the model's or the gateway's default. */
public record GenerateRequest(
    @Schema(description = "the conversation; give either messages or prompt")
        @Nullable List<Message> messages,
    @Schema(description = "plain text, continued without a chat template") @Nullable String prompt,
    @Schema(minimum = "1") @Nullable Integer maxTokens,
    @Schema(minimum = "0", maximum = "100") @Nullable Double temperature,
    @Schema(minimum = "0", description = "0 keeps all tokens") @Nullable Integer topK,
    @Schema(description = "in (0, 1]") @Nullable Double topP,
    @Schema(minimum = "0", maximum = "1") @Nullable Double minP,
    @Nullable Double repetitionPenalty,
    @Nullable Double presencePenalty,
    @Nullable Double frequencyPenalty,
    @Schema(description = "added to the logits, by token id")
        @Nullable Map<Integer, Double> logitBias,
    @Schema(description = "the same seed gives the same text") @Nullable Long seed,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Nullable List<String> stop,
    @Nullable Boolean stream,
    @Schema(description = "true gives two blind answers instead of one") @Nullable Boolean pair,
    @Schema(description = "version, hash or alias; champion by default") @Nullable String policy,
    @Schema(maxLength = 200) @Nullable String user,
    @Nullable JsonNode metadata,
    @Schema(
            implementation = Object.class,
            description = "a JSON Schema; the answer is JSON that it allows")
        @Nullable JsonNode schema,
    @Schema(description = "the answer is exactly one of these texts")
        @Nullable List<String> choices,
    @Schema(description = "false: nothing is learned from this request, its pair is not offered")
        @Nullable Boolean learn) {
  /** The same request for another user. */
  public GenerateRequest forUser(@Nullable String other) {
    return new GenerateRequest(
        messages,
        prompt,
        maxTokens,
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed,
        stop,
        stream,
        pair,
        policy,
        other,
        metadata,
        schema,
        choices,
        learn);
  }
}
