package dev.whetstone.gateway.openai.messages;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.openai.AnswerForm;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A message in the shape of Anthropic's API reference.
 *
 * @param stopReason end_turn, max_tokens or tool_use; null while more follows
 * @param stopSequence is not told apart from the model's own end, and so null
 */
@Schema(name = "AnthropicMessage")
public record MessageBody(
    String id,
    String type,
    String role,
    String model,
    List<Block> content,
    @Nullable String stopReason,
    @Nullable String stopSequence,
    Usage usage) {
  static MessageBody of(
      String id, String model, List<Block> content, @Nullable String reason, Usage usage) {
    return new MessageBody(id, "message", "assistant", model, content, reason, null, usage);
  }

  /** A part of the content. */
  public sealed interface Block {}

  /** Text. */
  @Schema(name = "AnthropicText")
  public record Text(String type, String text) implements Block {
    static Text of(String text) {
      return new Text("text", text);
    }
  }

  /** What the model thought before. */
  @Schema(name = "AnthropicThinking")
  public record Thinking(String type, String thinking, String signature) implements Block {
    static Thinking of(String text) {
      return new Thinking("thinking", text, "");
    }
  }

  /** A call of a tool. */
  @Schema(name = "AnthropicToolUse")
  public record ToolUse(
      String type, String id, String name, @Schema(implementation = Object.class) JsonNode input)
      implements Block {
    static ToolUse of(String id, String name, JsonNode input) {
      return new ToolUse("tool_use", id, name, input);
    }
  }

  /**
   * Token counts.
   *
   * @param inputTokens those of the prompt that did not come from the prefix cache
   */
  @Schema(name = "AnthropicUsage")
  public record Usage(
      int inputTokens, int cacheCreationInputTokens, int cacheReadInputTokens, int outputTokens) {
    static Usage of(AnswerForm.Counts counts) {
      return new Usage(counts.prompt() - counts.cached(), 0, counts.cached(), counts.completion());
    }
  }

  /** An error. */
  @Schema(name = "AnthropicError")
  public record Failure(String type, Detail error) {
    static Failure of(String kind, String message) {
      return new Failure("error", new Detail(kind, message));
    }
  }

  /** What went wrong. */
  @Schema(name = "AnthropicErrorDetail")
  public record Detail(String type, String message) {}
}
