package dev.whetstone.gateway.openai.messages;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of POST /v1/messages. Fields that have no effect here are left aside; unsupported ones that
 * would change the answer are refused as unknown, unless they ask for nothing.
 */
@JsonIgnoreProperties({"service_tier", "thinking", "context_management", "output_config"})
public record MessagesRequest(
    @Schema(description = "alias or version; default by default") @Nullable String model,
    @Schema(minimum = "1") @Nullable Integer maxTokens,
    @Nullable List<@Nullable Turn> messages,
    @Schema(implementation = Object.class, description = "a text, or a list of text blocks")
        @Nullable JsonNode system,
    @Schema(minimum = "0", maximum = "100") @Nullable Double temperature,
    @Schema(minimum = "0", maximum = "1") @Nullable Double topP,
    @Schema(minimum = "0") @Nullable Integer topK,
    @Nullable List<String> stopSequences,
    @Nullable Boolean stream,
    @Schema(implementation = Object.class, description = "tools that the model may use")
        @Nullable JsonNode tools,
    @Schema(implementation = Object.class, description = "{type}: auto, any, tool or none")
        @Nullable JsonNode toolChoice,
    @Nullable Metadata metadata) {

  /** A message; its content is a text or a list of blocks. */
  @Schema(name = "AnthropicTurn")
  public record Turn(
      @Nullable String role,
      @Schema(implementation = Object.class, description = "a text, or a list of blocks")
          @Nullable JsonNode content) {}

  /** Who asks. */
  @Schema(name = "AnthropicMetadata")
  public record Metadata(@Nullable String userId) {}
}
