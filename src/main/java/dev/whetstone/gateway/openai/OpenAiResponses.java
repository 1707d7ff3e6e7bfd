package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Responses in the shapes of OpenAI's API reference. */
public final class OpenAiResponses {
  /** Name, in the OpenAPI document, of the generation routes' response. */
  public static final String ANSWER = "OpenAiAnswer";

  private OpenAiResponses() {}

  /**
   * A completion or, in a stream, a chunk of one.
   *
   * @param object chat.completion, chat.completion.chunk or text_completion
   * @param created seconds since 1970
   * @param model the policy version that generated it
   * @param systemFingerprint that version's hash
   * @param usage in a stream only in its last chunk, if requested; null elsewhere
   * @param pairId of the pair that the two choices are; null for any other answer
   */
  @Schema(name = "OpenAiAnswer")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Answer(
      String id,
      String object,
      long created,
      String model,
      String systemFingerprint,
      List<Choice> choices,
      @Nullable Usage usage,
      @Nullable String pairId) {}

  /**
   * One completion, or a chunk's addition to it.
   *
   * @param message whole message of a chat
   * @param delta addition to a chat's message in a stream
   * @param text text of a text completion
   * @param logprobs {@link ChatLogprobs} or {@link TextLogprobs}
   * @param finishReason stop, length or tool_calls, null while more follows
   */
  @Schema(name = "OpenAiChoice")
  public record Choice(
      int index,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Turn message,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Turn delta,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String text,
      @Nullable Object logprobs,
      @Nullable String finishReason) {}

  /**
   * The model's message.
   *
   * @param reasoningContent what the model thought before
   */
  @Schema(name = "OpenAiTurn")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Turn(
      @Nullable String role,
      @Nullable String content,
      @Nullable String reasoningContent,
      @Nullable List<ToolCall> toolCalls) {
    static Turn text(String content) {
      return new Turn(null, content, null, null);
    }

    static Turn call(ToolCall call) {
      return new Turn(null, null, null, List.of(call));
    }
  }

  /**
   * A call of a tool, or in a stream a part of one.
   *
   * @param index in a stream, which call of the message it is
   */
  @Schema(name = "OpenAiToolCall")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ToolCall(
      @Nullable Integer index, @Nullable String id, @Nullable String type, FunctionCall function) {
    /** The same call with more of its arguments. */
    ToolCall with(String json) {
      FunctionCall more = new FunctionCall(function.name(), function.arguments() + json);
      return new ToolCall(index, id, type, more);
    }
  }

  /** The function of a call, with its arguments as JSON text. */
  @Schema(name = "OpenAiFunctionCall")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FunctionCall(@Nullable String name, String arguments) {}

  /** Token counts. */
  @Schema(name = "OpenAiUsage")
  public record Usage(
      int promptTokens, int completionTokens, int totalTokens, PromptDetails promptTokensDetails) {
    static Usage of(AnswerForm.Counts counts) {
      return new Usage(
          counts.prompt(),
          counts.completion(),
          counts.prompt() + counts.completion(),
          new PromptDetails(counts.cached()));
    }
  }

  /** Prompt tokens that came from the prefix cache. */
  @Schema(name = "OpenAiPromptDetails")
  public record PromptDetails(int cachedTokens) {}

  /** Log-probs of a chat's tokens. */
  public record ChatLogprobs(List<TokenInfo> content) {}

  /**
   * A token with its alternatives.
   *
   * @param token its text; U+FFFD where it is not whole UTF-8, see bytes
   * @param logprob natural logarithm, at temperature 1
   */
  public record TokenInfo(
      String token, float logprob, int[] bytes, List<Alternative> topLogprobs) {}

  /** Another probable token at the same position. */
  public record Alternative(String token, float logprob, int[] bytes) {}

  /**
   * Log-probs of a text completion's tokens; offsets count characters of the choice's text. The
   * first token of an echoed prompt has none.
   */
  public record TextLogprobs(
      List<String> tokens,
      List<@Nullable Float> tokenLogprobs,
      @Nullable List<@Nullable Map<String, Float>> topLogprobs,
      int[] textOffset) {}

  /** A policy version or alias. */
  @Schema(name = "OpenAiModel")
  public record Model(String id, String object, long created, String ownedBy) {}

  /** The list of models. */
  @Schema(name = "OpenAiModels")
  public record Models(String object, List<Model> data) {}

  /** An error in OpenAI's format. */
  @Schema(name = "OpenAiError")
  public record Failure(Detail error) {
    /**
     * The error's details.
     *
     * @param type invalid_request_error, authentication_error, permission_error, rate_limit_error
     *     or server_error
     * @param param the field at fault
     * @param code the stable code of {@link dev.whetstone.gateway.http.Problem}
     */
    @Schema(name = "OpenAiErrorDetail")
    public record Detail(String message, String type, @Nullable String param, String code) {}
  }
}
