package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.Requester;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.RecommendedSampling;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.AnswerAssignment;
import dev.whetstone.rollout.PairAssignment;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A request that passed all checks, with its defaults filled in.
 *
 * @param prompt the text to continue
 * @param writers the policies of a pair's two sides; the first one writes a single answer
 * @param pair whether the response has two answers
 * @param shownName the name of a single answer's policy that the caller is told
 * @param answer a single answer's policy that a duel may choose; null where it has no choice
 * @param request the request to the engine
 */
public record GenerationPlan(
    Prompt prompt,
    PairAssignment writers,
    boolean pair,
    String shownName,
    @Nullable AnswerAssignment answer,
    GenerationRequest request) {
  /**
   * Options that only the OpenAI-compatible routes have.
   *
   * @param promptIds a prompt given as token ids; null for a text
   * @param count completions of the prompt
   * @param ending what ends an answer, besides the stop sequences of the request
   * @param specialTokens whether the text has special tokens
   * @param logprobs whether log-probs are reported
   * @param topLogprobs alternatives to report for each token
   * @param format what the answer must be; null for any text
   * @param conversation a prompt with more than roles and contents; null for any other
   */
  public record Extras(
      int @Nullable [] promptIds,
      int count,
      Ending ending,
      boolean specialTokens,
      boolean logprobs,
      int topLogprobs,
      AnswerFormat.@Nullable Asked format,
      @Nullable Conversation conversation) {
    static final Extras NONE = new Extras(null, 1, Ending.NATURAL, false, false, 0, null, null);
  }

  // What a pair must leave to chance to be in a duel. Those below are not counted anyway, or tell
  // the sides apart to whoever asks the champion for a few single answers first.
  private static final double MIN_DUEL_TEMPERATURE = 0.5;
  private static final int MIN_DUEL_TOP_K = 5;
  private static final double MIN_DUEL_TOP_P = 0.5;
  private static final double MAX_DUEL_MIN_P = 0.2;

  private static final int MAX_STOPS = 16;
  private static final int MAX_STOP_LENGTH = 200;
  private static final int MAX_METADATA_LENGTH = 10_000;

  /**
   * Checks a request and fills in its defaults.
   *
   * @param pairSeed gives the seed of a pair for one that a client may know
   * @throws ProblemException 400 naming the field
   * @throws dev.whetstone.policy.PolicyException when the named policy is unknown or not servable
   */
  static GenerationPlan of(
      GenerateRequest asked,
      Extras extras,
      Caller caller,
      ServedModel model,
      GatewayConfig config,
      RandomGenerator random,
      LongUnaryOperator pairSeed,
      GrammarService grammars) {
    boolean pair = Boolean.TRUE.equals(asked.pair());
    requireCount(extras.count(), model.engine().slots());
    requireMetadata(asked.metadata());
    caller.requireNameable(asked.policy());
    Prompt prompt = prompt(asked, extras, model);
    int wanted = or(asked.maxTokens(), config.defaultMaxTokens());
    if (wanted < 1) {
      throw ProblemException.invalidField("max_tokens", "max_tokens must be positive");
    }
    SamplingParameters sampling = sampling(asked, pair, model.sampling(), config, random);
    AnswerAssignment answer = pair ? null : answer(asked, extras, caller, model, sampling);
    PairAssignment writers =
        answer == null
            ? writers(asked, extras, caller, model, pair, sampling)
            : new PairAssignment(answer.policy(), answer.policy());
    if (pair) {
      sampling = sampling.withSeed(pairSeed.applyAsLong(sampling.seed()));
    }
    List<CompletionSpec> branches = new ArrayList<>();
    for (int i = 0; i < (pair ? 2 : extras.count()); i++) {
      branches.add(new CompletionSpec(i == 0 ? writers.first() : writers.second(), sampling));
      sampling = sampling.withSeed(nextSeed(sampling.seed()));
    }
    int limit =
        Math.min(
            wanted,
            prompt.remainingTokens(
                model, asked.messages() == null && asked.prompt() != null ? "prompt" : "messages"));
    AnswerFormat.Asked format = extras.format() == null ? AnswerFormat.of(asked) : extras.format();
    requireEnding(extras.ending(), limit, format != null, model);
    GenerationRequest request =
        new GenerationRequest(
            prompt.ids(),
            branches,
            limit,
            extras.ending().withStops(stops(asked.stop())),
            extras.specialTokens(),
            extras.topLogprobs(),
            pair,
            config.requestTimeout(),
            new Requester(caller.keyId(), asked.user() == null ? "" : asked.user()),
            format == null ? null : grammars.compile(model, format));
    String shownName = caller.shownName(asked.policy(), writers.first());
    return new GenerationPlan(prompt, writers, pair, shownName, answer, request);
  }

  private static void requireEnding(Ending ending, int limit, boolean formed, ServedModel model) {
    Prompt.requireInVocabulary(
        "stop_token_ids", model, ending.tokens().stream().mapToInt(id -> id).toArray());
    if (ending.minTokens() > limit) {
      throw ProblemException.invalidField(
          "min_tokens", "min_tokens must be at most the %d tokens there may be".formatted(limit));
    }
    if (ending.minTokens() > 0 && formed) {
      throw ProblemException.invalidField(
          "min_tokens", "min_tokens together with a form of the answer is not supported");
    }
  }

  private static Prompt prompt(GenerateRequest asked, Extras extras, ServedModel model) {
    if (extras.conversation() != null) {
      return Prompt.of(model, extras.conversation());
    }
    return extras.promptIds() == null
        ? Prompt.of(model, asked.messages(), asked.prompt())
        : Prompt.of(model, extras.promptIds());
  }

  /** The policy of a single answer. */
  public Policy policy() {
    return writers.first();
  }

  /**
   * One policy writes both sides where the request names it, where nothing may be learned from it,
   * and where the sides could be told apart by asking again: with a seed, or with settings that
   * leave little to chance.
   */
  private static PairAssignment writers(
      GenerateRequest asked,
      Extras extras,
      Caller caller,
      ServedModel model,
      boolean pair,
      SamplingParameters sampling) {
    if (pair
        && asked.policy() == null
        && asked.seed() == null
        && !Boolean.FALSE.equals(asked.learn())
        && isOpen(asked, extras, sampling)) {
      return model.rollouts().duelTracker().assign(model.policies().serving());
    }
    Policy policy = caller.policy(asked.policy(), model);
    return new PairAssignment(policy, policy);
  }

  /**
   * The policy of a single answer that a duel may choose, under the conditions for pairs. An
   * operator is told the version, log-probs are the champion's, and what a rating could not count
   * for is left to the champion: then there is no choice.
   */
  private static @Nullable AnswerAssignment answer(
      GenerateRequest asked,
      Extras extras,
      Caller caller,
      ServedModel model,
      SamplingParameters sampling) {
    String first = firstUserMessage(asked, extras);
    if (first == null
        || caller.operator()
        || asked.policy() != null
        || asked.seed() != null
        || Boolean.FALSE.equals(asked.learn())
        || extras.logprobs()
        || extras.format() != null
        || !isOpen(asked, extras, sampling)) {
      return null;
    }
    String user = asked.user() == null ? caller.keyId() : asked.user();
    return model
        .rollouts()
        .duelTracker()
        .assign(
            model.policies().serving(),
            new AnswerAssignment.Conversation(caller.keyId(), user, first));
  }

  private static @Nullable String firstUserMessage(GenerateRequest asked, Extras extras) {
    if (extras.conversation() != null) {
      return extras.conversation().messages().stream()
          .filter(message -> "user".equals(message.get("role")))
          .map(message -> String.valueOf(message.get("content")))
          .findFirst()
          .orElse(null);
    }
    return asked.messages() == null
        ? null
        : asked.messages().stream()
            .filter(message -> message.role().equals("user"))
            .map(Message::content)
            .findFirst()
            .orElse(null);
  }

  private static boolean isOpen(GenerateRequest asked, Extras extras, SamplingParameters sampling) {
    return sampling.temperature() >= MIN_DUEL_TEMPERATURE
        && (sampling.topK() == 0 || sampling.topK() >= MIN_DUEL_TOP_K)
        && sampling.topP() >= MIN_DUEL_TOP_P
        && sampling.minP() <= MAX_DUEL_MIN_P
        && sampling.logitBias().isEmpty()
        && extras.ending().isPlain()
        && (extras.conversation() == null || extras.conversation().end() == Conversation.End.ANSWER)
        && (asked.schema() == null || asked.schema().isNull())
        && asked.choices() == null;
  }

  // Before anything is made for each of them.
  private static void requireCount(int count, int most) {
    if (count < 1 || count > most) {
      throw ProblemException.invalidField("n", "n must be from 1 to " + most);
    }
  }

  private static void requireMetadata(@Nullable JsonNode metadata) {
    if (metadata == null || metadata.isNull()) {
      return;
    }
    if (!metadata.isObject() || metadata.toString().length() > MAX_METADATA_LENGTH) {
      throw ProblemException.invalidField(
          "metadata",
          "metadata must be an object of at most " + MAX_METADATA_LENGTH + " characters");
    }
  }

  private static SamplingParameters sampling(
      GenerateRequest asked,
      boolean pair,
      RecommendedSampling recommended,
      GatewayConfig config,
      RandomGenerator random) {
    double temperature =
        pair
            ? config.pairTemperature()
            : recommended.temperature().orElse(config.defaultTemperature());
    try {
      return Fields.checked(
          () ->
              new SamplingParameters(
                  or(asked.temperature(), temperature),
                  or(asked.topK(), recommended.topK().orElse(0)),
                  or(asked.topP(), recommended.topP().orElse(1.0)),
                  or(asked.minP(), recommended.minP().orElse(0.0)),
                  or(asked.repetitionPenalty(), recommended.repetitionPenalty().orElse(1.0)),
                  or(asked.presencePenalty(), 0.0),
                  or(asked.frequencyPenalty(), 0.0),
                  or(asked.logitBias(), Map.of()),
                  asked.seed() == null ? random.nextLong() : asked.seed()));
    } catch (NullPointerException hole) {
      throw ProblemException.invalidField("logit_bias", "logit_bias must map token ids to numbers");
    }
  }

  /** Each further completion has its own random stream, derived from the first one's seed. */
  private static long nextSeed(long seed) {
    return seed * 0x9E3779B97F4A7C15L + 0x632BE59BD9B4E019L;
  }

  private static List<String> stops(@Nullable List<String> asked) {
    if (asked == null) {
      return List.of();
    }
    boolean good =
        asked.size() <= MAX_STOPS
            && asked.stream()
                .allMatch(s -> s != null && !s.isEmpty() && s.length() <= MAX_STOP_LENGTH);
    if (!good) {
      throw ProblemException.invalidField(
          "stop",
          "stop must have at most %d texts of 1 to %d characters"
              .formatted(MAX_STOPS, MAX_STOP_LENGTH));
    }
    return asked;
  }

  private static <T> T or(@Nullable T value, T fallback) {
    return value == null ? fallback : value;
  }
}
