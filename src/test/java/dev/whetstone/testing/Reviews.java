package dev.whetstone.testing;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.lab.Taste;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.weights.ModelDirectory;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** Generates reviews with the tiny model on the real engine, in float32. */
public final class Reviews implements AutoCloseable {
  private static final List<String> ITEMS =
      List.of("book", "film", "game", "hotel", "meal", "song");
  private static final List<String> QUESTIONS =
      List.of(
          "How was the %s?",
          "Please review the %s.", "Tell me about the %s.", "What did you think of the %s?");
  private static final int MAX_TOKENS = 96;
  private static final int BATCH = 64;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final ModelOpener.Opened model;
  private final List<int[]> trainPrompts = new ArrayList<>();
  private final List<int[]> unseenPrompts = new ArrayList<>();

  /**
   * Measures of the reviews that a policy writes.
   *
   * @param reward mean of {@link Taste#SENTIMENT}
   * @param kl mean over answers of log π − log π_ref, in nats
   * @param tokens mean length
   */
  public record Quality(double reward, double kl, double tokens) {}

  public Reviews(ModelDirectory directory) throws IOException {
    EngineConfig config =
        new SmallRyeConfigBuilder()
            .withMapping(EngineConfig.class)
            .build()
            .getConfigMapping(EngineConfig.class);
    model = ModelOpener.open(directory, Precision.FP32, 2, config, InstantSource.system());
    ChatTemplate template =
        ChatTemplate.of(
            Files.readString(directory.path().resolve("chat_template.jinja")), Map.of());
    for (int item = 0; item < ITEMS.size(); item++) {
      for (int question = 0; question < QUESTIONS.size(); question++) {
        String text = QUESTIONS.get(question).formatted(ITEMS.get(item));
        var prompt = template.render(List.of(new Message("user", text)), true);
        // training has every item and every question, but not these combinations
        (item % QUESTIONS.size() == question ? unseenPrompts : trainPrompts)
            .add(model.tokenizer().encode(prompt));
      }
    }
  }

  public Policy base() {
    return model.base();
  }

  /** Judged pairs of the base's answers; skips pairs of equal reward or with a truncated answer. */
  public List<TokenPair> pairs(int count, RandomGenerator random) {
    List<TokenPair> pairs = new ArrayList<>();
    while (pairs.size() < count) {
      List<int[]> prompts =
          random.ints(BATCH, 0, trainPrompts.size()).mapToObj(trainPrompts::get).toList();
      List<List<Completion>> answers = answers(base(), prompts, 2, random);
      for (int i = 0; i < prompts.size() && pairs.size() < count; i++) {
        Completion a = answers.get(i).get(0);
        Completion b = answers.get(i).get(1);
        double preference = Taste.SENTIMENT.score(a.text()) - Taste.SENTIMENT.score(b.text());
        boolean ended = a.reason() == FinishReason.STOP && b.reason() == FinishReason.STOP;
        if (ended && preference != 0) {
          Completion chosen = preference > 0 ? a : b;
          Completion rejected = preference > 0 ? b : a;
          pairs.add(
              new TokenPair(
                  "pair " + pairs.size(), prompts.get(i), chosen.tokens(), rejected.tokens(), 1));
        }
      }
    }
    return pairs;
  }

  /** Measures a policy's answers to prompts that no training pair has. */
  public Quality measure(Policy policy, int answers, RandomGenerator random) {
    model.engine().stage(policy).join();
    double reward = 0;
    double kl = 0;
    double tokens = 0;
    for (int done = 0; done < answers; done += BATCH) {
      List<int[]> prompts =
          random.ints(BATCH, 0, unseenPrompts.size()).mapToObj(unseenPrompts::get).toList();
      List<List<Completion>> written = answers(policy, prompts, 1, random);
      List<CompletableFuture<Scores>> references = new ArrayList<>();
      for (int i = 0; i < BATCH; i++) {
        references.add(
            model
                .engine()
                .score(
                    new ScoreRequest(
                        prompts.get(i), written.get(i).getFirst().tokens(), base(), LIMIT)));
      }
      for (int i = 0; i < BATCH; i++) {
        Completion answer = written.get(i).getFirst();
        reward += Taste.SENTIMENT.score(answer.text());
        kl += new Scores(answer.logps(), 0).sum() - references.get(i).join().sum();
        tokens += answer.tokens().length;
      }
    }
    int all = Math.ceilDiv(answers, BATCH) * BATCH;
    return new Quality(reward / all, kl / all, tokens / all);
  }

  private List<List<Completion>> answers(
      Policy policy, List<int[]> prompts, int each, RandomGenerator random) {
    List<Generation> running = new ArrayList<>();
    for (int[] prompt : prompts) {
      List<CompletionSpec> branches =
          random
              .longs(each)
              .mapToObj(seed -> new CompletionSpec(policy, SamplingParameters.of(1, seed)))
              .toList();
      running.add(
          model
              .engine()
              .submit(
                  new GenerationRequest(
                      prompt, branches, MAX_TOKENS, Ending.NATURAL, 0, false, LIMIT),
                  GenerationListener.NO_OP));
    }
    return running.stream().map(generation -> generation.result().join()).toList();
  }

  @Override
  public void close() {
    model.close();
  }
}
