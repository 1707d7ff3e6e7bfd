package dev.whetstone.gateway.openai.responses;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of POST /v1/responses. Fields that have no effect here are left aside; unsupported ones that
 * would change the answer are refused as unknown, unless they ask for nothing.
 *
 * @param store false: nothing is learned from this request; a response is never kept
 */
@JsonIgnoreProperties({
  "metadata",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "reasoning",
  "max_tool_calls"
})
public record ResponsesRequest(
    @Schema(description = "alias or version; default by default") @Nullable String model,
    @Schema(implementation = Object.class, description = "a text, or a list of items")
        @Nullable JsonNode input,
    @Schema(description = "comes first, as a system message") @Nullable String instructions,
    @Schema(minimum = "1") @Nullable Integer maxOutputTokens,
    @Schema(minimum = "0", maximum = "100") @Nullable Double temperature,
    @Schema(minimum = "0", maximum = "1") @Nullable Double topP,
    @Nullable Boolean stream,
    @Nullable StreamOptions streamOptions,
    @Nullable Boolean store,
    @Schema(description = "not served: send all messages as input")
        @Nullable String previousResponseId,
    @Schema(implementation = Object.class, description = "not served: send all messages as input")
        @Nullable JsonNode conversation,
    @Schema(implementation = Object.class, description = "functions that the model may call")
        @Nullable JsonNode tools,
    @Schema(implementation = Object.class, description = "auto, none, required, or a function")
        @Nullable JsonNode toolChoice,
    @Nullable Boolean parallelToolCalls,
    @Schema(implementation = Object.class, description = "{format}, as response_format of chats")
        @Nullable JsonNode text,
    @Schema(description = "disabled or auto; nothing is left out either way")
        @Nullable String truncation,
    @Schema(minimum = "0", maximum = "20") @Nullable Integer topLogprobs,
    @Schema(description = "message.output_text.logprobs has an effect")
        @Nullable List<String> include,
    @Schema(maxLength = 200) @Nullable String user) {

  /** Options of a stream, none of which has an effect. */
  @JsonIgnoreProperties("include_obfuscation")
  public record StreamOptions() {}
}
