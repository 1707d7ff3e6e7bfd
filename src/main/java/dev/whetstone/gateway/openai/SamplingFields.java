package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.text.Message;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What both generating bodies have, and what it means in the gateway's own terms. */
sealed interface SamplingFields permits ChatCompletionRequest, CompletionRequest {
  @Nullable String model();

  @Nullable Double temperature();

  @Nullable Double topP();

  @Nullable Integer n();

  @Nullable List<String> stop();

  @Nullable Boolean stream();

  ChatCompletionRequest.@Nullable StreamOptions streamOptions();

  @Nullable Long seed();

  @Nullable Double presencePenalty();

  @Nullable Double frequencyPenalty();

  @Nullable Map<Integer, Double> logitBias();

  @Nullable String user();

  @Nullable Integer topK();

  @Nullable Double minP();

  @Nullable Double repetitionPenalty();

  @Nullable Boolean ignoreEos();

  /** The request as POST /generate takes it. */
  default GenerateRequest generation(
      @Nullable List<Message> messages, @Nullable String prompt, @Nullable Integer maxTokens) {
    return new GenerateRequest(
        messages,
        prompt,
        maxTokens,
        temperature(),
        topK(),
        topP(),
        minP(),
        repetitionPenalty(),
        presencePenalty(),
        frequencyPenalty(),
        logitBias(),
        seed(),
        stop(),
        stream(),
        false,
        model(),
        user(),
        null);
  }

  /**
   * What is allowed beyond POST /generate.
   *
   * @param promptIds a prompt given as token ids; null when it is a text
   * @param alternatives to each token, with their log-probs
   * @param field that says how many
   * @throws ProblemException 400 naming the field that is out of its range
   */
  default GenerationPlan.Extras extras(
      int @Nullable [] promptIds, @Nullable Integer alternatives, String field) {
    Integer answers = n();
    if (answers != null && answers < 1) {
      throw ProblemException.badField("n", "invalid_field", "n must be at least 1");
    }
    int each = alternatives == null ? 0 : alternatives;
    if (each < 0 || each > 20) {
      throw ProblemException.badField(field, "invalid_field", field + " must be in [0, 20]");
    }
    return new GenerationPlan.Extras(
        promptIds, answers == null ? 1 : answers, Boolean.TRUE.equals(ignoreEos()), each);
  }

  /**
   * Whether a stream ends with the counts.
   *
   * @throws ProblemException 400 when there is no stream
   */
  default boolean countsAtTheEnd() {
    ChatCompletionRequest.StreamOptions options = streamOptions();
    if (options != null && !Boolean.TRUE.equals(stream())) {
      throw ProblemException.badField(
          "stream_options", "invalid_field", "stream_options goes with stream only");
    }
    return options != null && Boolean.TRUE.equals(options.includeUsage());
  }
}
