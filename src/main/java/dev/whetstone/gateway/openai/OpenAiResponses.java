package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What the routes answer, as OpenAI's API reference has it. */
public final class OpenAiResponses {
  /** Names the response of the routes that generate in the OpenAPI document. */
  public static final String ANSWER = "OpenAiAnswer";

  private OpenAiResponses() {}

  /**
   * An answer or, while it is streamed, a part of one.
   *
   * @param object chat.completion, chat.completion.chunk or text_completion
   * @param created seconds since 1970
   * @param model the version that wrote it
   * @param systemFingerprint that version's hash
   * @param usage null in a stream but for its last part, when it was asked for
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
      @Nullable Usage usage) {}

  /**
   * One completion, or what a stream adds to it.
   *
   * @param message of a chat, whole
   * @param delta of a chat, streamed
   * @param text of a text completion
   * @param logprobs {@link ChatLogprobs} or {@link TextLogprobs}
   * @param finishReason stop or length, null while more follows
   */
  @Schema(name = "OpenAiChoice")
  public record Choice(
      int index,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Turn message,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Turn delta,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String text,
      @Nullable Object logprobs,
      @Nullable String finishReason) {}

  /** The model's turn. */
  @Schema(name = "OpenAiTurn")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Turn(@Nullable String role, @Nullable String content) {}

  /** Counts of tokens. */
  @Schema(name = "OpenAiUsage")
  public record Usage(
      int promptTokens, int completionTokens, int totalTokens, PromptDetails promptTokensDetails) {}

  /** Prompt tokens that were not computed again. */
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

  /** A token that could have stood there. */
  public record Alternative(String token, float logprob, int[] bytes) {}

  /** Log-probs of a text completion's tokens; offsets count characters of the answer. */
  public record TextLogprobs(
      List<String> tokens,
      float[] tokenLogprobs,
      @Nullable List<Map<String, Float>> topLogprobs,
      int[] textOffset) {}

  /** A version or alias. */
  @Schema(name = "OpenAiModel")
  public record Model(String id, String object, long created, String ownedBy) {}

  /** All of them. */
  @Schema(name = "OpenAiModels")
  public record Models(String object, List<Model> data) {}

  /** An error, in the form OpenAI's clients read. */
  @Schema(name = "OpenAiError")
  public record Failure(Detail error) {
    /**
     * What went wrong.
     *
     * @param type invalid_request_error, authentication_error, permission_error, rate_limit_error
     *     or server_error
     * @param param the field at fault
     * @param code the problem's stable code
     */
    @Schema(name = "OpenAiErrorDetail")
    public record Detail(String message, String type, @Nullable String param, String code) {}
  }
}
