package dev.whetstone.gateway.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.openai.AnswerForm;
import dev.whetstone.gateway.openai.OpenAiResponses;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A response in the shape of OpenAI's API reference.
 *
 * @param createdAt seconds since 1970
 * @param status in_progress, completed, incomplete or failed
 * @param temperature that was used
 * @param topP that was used
 */
@Schema(name = "OpenAiResponse")
public record ResponseBody(
    String id,
    String object,
    long createdAt,
    String status,
    boolean background,
    @Nullable Failure error,
    @Nullable Incomplete incompleteDetails,
    @Nullable String instructions,
    @Nullable Integer maxOutputTokens,
    String model,
    List<Item> output,
    boolean parallelToolCalls,
    @Nullable String previousResponseId,
    Reasoning reasoning,
    boolean store,
    double temperature,
    Text text,
    Object toolChoice,
    Object tools,
    double topP,
    String truncation,
    @Nullable Usage usage,
    @Nullable String user,
    Map<String, String> metadata) {

  /** What the model wrote. */
  public sealed interface Item {}

  /** Its message. */
  @Schema(name = "OpenAiOutputMessage")
  public record Message(
      String type, String id, String status, String role, List<OutputText> content)
      implements Item {
    static Message of(String id, String status, List<OutputText> content) {
      return new Message("message", id, status, "assistant", content);
    }
  }

  /** The text of a message. */
  @Schema(name = "OpenAiOutputText")
  public record OutputText(
      String type,
      String text,
      List<Object> annotations,
      List<OpenAiResponses.TokenInfo> logprobs) {
    static OutputText of(String text, List<OpenAiResponses.TokenInfo> logprobs) {
      return new OutputText("output_text", text, List.of(), logprobs);
    }
  }

  /** A call of a function. */
  @Schema(name = "OpenAiOutputCall")
  public record Call(
      String type, String id, String callId, String name, String arguments, String status)
      implements Item {
    static Call of(String id, String callId, String name, String arguments, String status) {
      return new Call("function_call", id, callId, name, arguments, status);
    }
  }

  /** What the model thought before. */
  @Schema(name = "OpenAiOutputThoughts")
  public record Thoughts(
      String type, String id, List<Object> summary, List<Thought> content, String status)
      implements Item {
    static Thoughts of(String id, String status, List<Thought> content) {
      return new Thoughts("reasoning", id, List.of(), content, status);
    }
  }

  /** The text of thoughts. */
  @Schema(name = "OpenAiThought")
  public record Thought(String type, String text) {
    static Thought of(String text) {
      return new Thought("reasoning_text", text);
    }
  }

  /** Why a response failed. */
  @Schema(name = "OpenAiResponseFailure")
  public record Failure(String code, String message) {}

  /** Why a response is incomplete. */
  @Schema(name = "OpenAiIncomplete")
  public record Incomplete(String reason) {}

  /** Settings of thinking, which are the model's own. */
  @Schema(name = "OpenAiReasoning")
  public record Reasoning(@Nullable String effort, @Nullable String summary) {}

  /** The form of the text. */
  @Schema(name = "OpenAiTextForm")
  public record Text(Object format) {}

  /** Token counts. */
  @Schema(name = "OpenAiResponseUsage")
  public record Usage(
      int inputTokens,
      InputDetails inputTokensDetails,
      int outputTokens,
      OutputDetails outputTokensDetails,
      int totalTokens) {
    static Usage of(AnswerForm.Counts counts) {
      return new Usage(
          counts.prompt(),
          new InputDetails(counts.cached(), 0),
          counts.completion(),
          new OutputDetails(0),
          counts.prompt() + counts.completion());
    }
  }

  /** Prompt tokens that came from the prefix cache; clients ask for those written to it, too. */
  @Schema(name = "OpenAiInputDetails")
  public record InputDetails(int cachedTokens, int cacheWriteTokens) {}

  /** Tokens of thoughts; they are not counted apart. */
  @Schema(name = "OpenAiOutputDetails")
  public record OutputDetails(int reasoningTokens) {}

  static Object orDefault(@Nullable JsonNode given, Object fallback) {
    return given == null || given.isNull() ? fallback : given;
  }
}
