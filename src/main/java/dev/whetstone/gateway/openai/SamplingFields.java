package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.engine.Ending;
import dev.whetstone.gateway.generate.AnswerFormat;
import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.Message;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Fields that both OpenAI request bodies share, and their translation to POST /generate. */
sealed interface SamplingFields permits ChatCompletionRequest, CompletionRequest {
  /** The model whose answers may be compared with others: that of a request that names none. */
  String UNNAMED = "default";

  /** Most further end tokens. */
  int MAX_STOP_TOKENS = 64;

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

  @Nullable List<Integer> stopTokenIds();

  @Nullable Integer minTokens();

  @Nullable Boolean includeStopStrInOutput();

  @Nullable Boolean skipSpecialTokens();

  /** False: nothing is learned from this request. True and null leave it to user and key. */
  @Nullable Boolean store();

  @Nullable JsonNode responseFormat();

  @Nullable List<String> guidedChoice();

  @Nullable JsonNode guidedJson();

  /**
   * Translates the request to the body of POST /generate.
   *
   * @param pair whether two blind answers are asked for
   */
  default GenerateRequest toGenerateRequest(
      @Nullable List<Message> messages,
      @Nullable String prompt,
      @Nullable Integer maxTokens,
      boolean pair) {
    return new GenerateRequest(
        messages,
        prompt,
        maxTokens,
        temperature(),
        Integer.valueOf(-1).equals(topK()) ? Integer.valueOf(0) : topK(),
        // OpenAI allows 0, which leaves the most probable token alone.
        Double.valueOf(0).equals(topP()) ? Double.valueOf(Double.MIN_NORMAL) : topP(),
        minP(),
        repetitionPenalty(),
        presencePenalty(),
        frequencyPenalty(),
        logitBias(),
        Long.valueOf(-1).equals(seed()) ? null : seed(),
        List.of("").equals(stop()) ? null : stop(),
        stream(),
        pair,
        UNNAMED.equals(model()) ? null : model(),
        user(),
        null,
        null,
        null,
        store());
  }

  /**
   * Collects the options that POST /generate does not have.
   *
   * @param promptIds a prompt given as token ids; null when it is a text
   * @param logprobs whether log-probs are reported
   * @param alternatives number of alternatives to report for each token
   * @param field name of the field that gives this number
   * @param tools the tools that may be called; null for none
   * @param conversation a prompt with more than roles and contents; null for any other
   * @throws ProblemException 400 naming the field that is out of its range
   */
  default GenerationPlan.Extras toExtras(
      int @Nullable [] promptIds,
      boolean logprobs,
      @Nullable Integer alternatives,
      String field,
      AnswerFormat.@Nullable Asked tools,
      @Nullable Conversation conversation) {
    AnswerFormat.Asked format = ResponseFormats.of(this);
    if (format != null && tools != null) {
      throw ProblemException.invalidField(
          format.field(), format.field() + " together with tools is not supported");
    }
    Integer count = n();
    if (count != null && count < 1) {
      throw ProblemException.invalidField("n", "n must be at least 1");
    }
    int topLogprobs = alternatives == null ? 0 : alternatives;
    if (topLogprobs < 0 || topLogprobs > 20) {
      throw ProblemException.invalidField(field, field + " must be in [0, 20]");
    }
    return new GenerationPlan.Extras(
        promptIds,
        count == null ? 1 : count,
        ending(),
        Boolean.FALSE.equals(skipSpecialTokens()),
        logprobs,
        topLogprobs,
        format == null ? tools : format,
        conversation);
  }

  /**
   * What ends the answer, besides its stop sequences.
   *
   * @throws ProblemException 400 naming the field that is out of its range
   */
  private Ending ending() {
    List<Integer> ids = stopTokenIds() == null ? List.of() : stopTokenIds();
    if (ids.size() > MAX_STOP_TOKENS || ids.stream().anyMatch(id -> id == null || id < 0)) {
      throw ProblemException.invalidField(
          "stop_token_ids", "stop_token_ids must be at most " + MAX_STOP_TOKENS + " token ids");
    }
    int least = minTokens() == null ? 0 : minTokens();
    if (least < 0) {
      throw ProblemException.invalidField("min_tokens", "min_tokens must not be negative");
    }
    return new Ending(
        List.of(),
        Boolean.TRUE.equals(includeStopStrInOutput()),
        Set.copyOf(ids),
        least,
        Boolean.TRUE.equals(ignoreEos()));
  }

  /**
   * Where a stream has the token counts.
   *
   * @throws ProblemException 400 when stream_options is set but stream is not true
   */
  default TranslatedRequest.UsageInStream usageInStream() {
    ChatCompletionRequest.StreamOptions options = streamOptions();
    if (options != null && !Boolean.TRUE.equals(stream())) {
      throw ProblemException.invalidField(
          "stream_options", "stream_options requires stream to be true");
    }
    if (options == null || !Boolean.TRUE.equals(options.includeUsage())) {
      return TranslatedRequest.UsageInStream.NOWHERE;
    }
    return Boolean.TRUE.equals(options.continuousUsageStats())
        ? TranslatedRequest.UsageInStream.EVERYWHERE
        : TranslatedRequest.UsageInStream.AT_THE_END;
  }
}
