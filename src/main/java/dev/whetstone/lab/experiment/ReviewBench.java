package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.Trainer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.TrainingJob;
import dev.whetstone.dpo.TrainingListener;
import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lab.Crowd;
import dev.whetstone.lab.Taste;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.settings.BuildInfo;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes reviews with the tiny model, judges them and trains on them, all in this process and in
 * float32 at temperature 1. Nothing is measured on a question that training has. Confined to one
 * thread.
 */
final class ReviewBench implements AutoCloseable {
  /** What is trained on: every thing and every form of question, but not all combinations. */
  static final List<String> QUESTIONS = questions(false);

  /** The combinations that are left. */
  static final List<String> NEW_QUESTIONS = questions(true);

  private static final int FORMS = 4;
  private static final int MAX_TOKENS = 96;
  private static final int BATCH = 32;
  private static final int HELD_OUT = 256;

  // apart from the seeds of experiments, which are small
  private static final long HELD_OUT_SEED = 1L << 40;
  private static final long MEASURED = 1L << 41;
  private static final long BASE_ANSWERS = 1L << 42;

  /**
   * An answer.
   *
   * @param tokens with the end token, unless it was cut off
   */
  record Answer(int[] prompt, int[] tokens, String text, boolean ended) {}

  /** Which answers of the base a policy is compared with. */
  private record Opponents(long seed, int answers) {}

  private final ModelDirectory base;
  private final NetworkSettings settings;
  private final Tokenizer tokenizer;
  private final Network reference;
  private final Map<String, int[]> prompts = new HashMap<>();
  private final Map<String, PairSource> sources = new HashMap<>();
  private final Map<Opponents, List<Answer>> opponents = new HashMap<>();
  private @Nullable List<Answer> heldOut;

  private ReviewBench(ModelDirectory base, int threads, Tokenizer tokenizer, ChatTemplate template)
      throws IOException {
    this.base = base;
    this.settings = NetworkSettings.exact(threads);
    this.tokenizer = tokenizer;
    for (String question : Crowd.REVIEW_QUESTIONS) {
      List<Message> messages = List.of(new Message("user", question));
      prompts.put(question, tokenizer.encode(template.render(messages, true)));
    }
    this.reference = Network.openFrozen(base, settings);
  }

  static ReviewBench open(ModelDirectory base, int threads) throws IOException {
    Tokenizer tokenizer = Tokenizer.open(base.path().resolve("tokenizer.json"));
    try {
      ChatTemplate template = ModelOpener.chatTemplate(base.path()).orElseThrow();
      return new ReviewBench(base, threads, tokenizer, template);
    } catch (IOException | RuntimeException failed) {
      tokenizer.close();
      throw failed;
    }
  }

  private static List<String> questions(boolean unseen) {
    return IntStream.range(0, Crowd.REVIEW_QUESTIONS.size())
        .filter(i -> (i / FORMS % FORMS == i % FORMS) == unseen)
        .mapToObj(Crowd.REVIEW_QUESTIONS::get)
        .toList();
  }

  ModelDirectory base() {
    return base;
  }

  /** The pairs that a taste makes of the base's answers; the first ones of a seed are the same. */
  List<TokenPair> pairs(Taste taste, String tasteName, long seed, int count) {
    return sources
        .computeIfAbsent(tasteName + " " + seed, _ -> new PairSource(taste, seed))
        .first(count);
  }

  /** Answers of the base, some to each of the questions in turn. */
  List<Answer> baseAnswers(List<String> questions, int count, RandomGenerator random) {
    return write(reference, questions, count, random);
  }

  private List<Answer> write(
      Network network, List<String> questions, int count, RandomGenerator random) {
    List<Answer> answers = new ArrayList<>();
    for (int from = 0; from < count; from += BATCH) {
      List<int[]> asked =
          IntStream.range(from, Math.min(count, from + BATCH))
              .mapToObj(i -> prompt(questions.get(i % questions.size())))
              .toList();
      answers.addAll(write(network, asked, random));
    }
    return answers;
  }

  private int[] prompt(String question) {
    return Objects.requireNonNull(prompts.get(question));
  }

  private List<Answer> write(Network network, List<int[]> asked, RandomGenerator random) {
    List<int[]> sampled = network.sample(asked, MAX_TOKENS, 1, random);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      int[] ids = sampled.get(i);
      boolean ended = ids[ids.length - 1] == base.config().endOfTurn();
      answers.add(new Answer(asked.get(i), ids, tokenizer.decode(ids, true), ended));
    }
    return answers;
  }

  /** Pairs of one taste and seed, made as they are asked for. */
  private final class PairSource {
    private final Taste taste;
    private final RandomGenerator random;
    private final List<TokenPair> pairs = new ArrayList<>();

    PairSource(Taste taste, long seed) {
      this.taste = taste;
      this.random = new SplittableRandom(seed);
    }

    List<TokenPair> first(int count) {
      while (pairs.size() < count) {
        List<int[]> asked = new ArrayList<>();
        for (int i = 0; i < BATCH / 2; i++) {
          int[] prompt = prompt(QUESTIONS.get(random.nextInt(QUESTIONS.size())));
          asked.add(prompt);
          asked.add(prompt);
        }
        List<Answer> answers = write(reference, asked, random);
        for (int i = 0; i < answers.size(); i += 2) {
          add(answers.get(i), answers.get(i + 1));
        }
      }
      return List.copyOf(pairs.subList(0, count));
    }

    private void add(Answer a, Answer b) {
      String better = taste.choose(a.text(), b.text());
      if (a.ended() && b.ended() && !better.equals("tie")) {
        Answer chosen = better.equals("a") ? a : b;
        Answer rejected = better.equals("a") ? b : a;
        pairs.add(
            new TokenPair(
                "pair " + pairs.size(), a.prompt(), chosen.tokens(), rejected.tokens(), 1));
      }
    }
  }

  /**
   * Trains in a folder that is deleted afterwards.
   *
   * @throws IOException when the run was not finished
   */
  LoraAdapter train(Recipe.Plan plan) throws IOException {
    Path folder = Files.createTempDirectory("whetstone-experiment-");
    try {
      TrainingJob job =
          new TrainingJob(
              base,
              plan.train(),
              plan.ratings(),
              plan.validation(),
              plan.config(),
              null,
              null,
              folder,
              false);
      TrainingOutcome outcome =
          new Trainer(
                  TrainerOptions.exact(
                      settings.threads(), InstantSource.system(), BuildInfo.version()))
              .run(job, TrainingListener.NO_OP);
      return Objects.requireNonNull(outcome.adapter());
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  /**
   * Measures a policy: the {@link Measure}s of this package.
   *
   * @param adapter null for the base
   * @param taste decides who wins against the base
   * @param seed of the answers, the same for all policies that are compared
   * @param answers how many
   */
  Map<String, Double> measure(@Nullable LoraAdapter adapter, Taste taste, long seed, int answers)
      throws IOException {
    if (adapter == null) {
      return measure(reference, false, taste, seed, answers);
    }
    try (Network network = open(adapter)) {
      return measure(network, true, taste, seed, answers);
    }
  }

  private Network open(LoraAdapter adapter) throws IOException {
    Network network = Network.openFrozen(base, settings);
    var _ = network.adapt(adapter);
    return network;
  }

  /** How often an adapter raises the chosen side's likelihood by more than the rejected one's. */
  double accuracy(LoraAdapter adapter, List<TokenPair> pairs) throws IOException {
    try (Network network = open(adapter)) {
      int right = 0;
      for (TokenPair pair : pairs) {
        List<PromptCompletions> row =
            List.of(new PromptCompletions(pair.prompt(), List.of(pair.chosen(), pair.rejected())));
        float[][] policy = network.policyScores(row).logps();
        float[][] before = network.referenceScores(row).logps();
        double chosen = sum(policy[0]) - sum(before[0]);
        right += chosen > sum(policy[1]) - sum(before[1]) ? 1 : 0;
      }
      return (double) right / pairs.size();
    }
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private Map<String, Double> measure(
      Network network, boolean adapted, Taste taste, long seed, int answers) {
    List<Answer> written =
        write(network, NEW_QUESTIONS, answers, new SplittableRandom(MEASURED + seed));
    Map<String, Double> measures = judge(written, taste, seed);
    measures.put(Measure.KL.key(), adapted ? kl(network, written) : 0);
    measures.put(Measure.PERPLEXITY.key(), perplexity(network));
    return measures;
  }

  /** What texts alone tell: who wins against the base, reward, length, and the cost sentence. */
  Map<String, Double> judge(List<Answer> written, Taste taste, long seed) {
    Map<String, Double> measures = new TreeMap<>();
    measures.put(Measure.WIN_RATE.key(), winRate(written, taste, seed));
    measures.put(Measure.REWARD.key(), mean(written, a -> Taste.SENTIMENT.score(a.text())));
    measures.put(Measure.TOKENS.key(), mean(written, a -> a.tokens().length));
    measures.put(Measure.COST_RATE.key(), mean(written, a -> namesCost(a.text()) ? 1 : 0));
    return measures;
  }

  static boolean namesCost(String text) {
    return Taste.PRICES.score(text) > 0;
  }

  /** Share of answers that are better than the base's to the same questions, ties by halves. */
  private double winRate(List<Answer> written, Taste taste, long seed) {
    List<Answer> others =
        opponents.computeIfAbsent(
            new Opponents(seed, written.size()),
            _ ->
                write(
                    reference,
                    NEW_QUESTIONS,
                    written.size(),
                    new SplittableRandom(BASE_ANSWERS + seed)));
    double wins = 0;
    for (int i = 0; i < written.size(); i++) {
      String better = taste.choose(written.get(i).text(), others.get(i).text());
      wins += better.equals("a") ? 1 : better.equals("b") ? 0 : 0.5;
    }
    return wins / written.size();
  }

  /** The mean over answers of the KL between next-token distributions, summed over tokens. */
  private static double kl(Network network, List<Answer> written) {
    double sum = 0;
    for (List<PromptCompletions> rows : rows(written)) {
      for (float[] tokens : network.klDivergences(rows)) {
        for (float nats : tokens) {
          sum += nats;
        }
      }
    }
    return sum / written.size();
  }

  /** Of reviews by the base that do not name the cost, none of which is trained on. */
  private double perplexity(Network network) {
    double logp = 0;
    int count = 0;
    for (List<PromptCompletions> rows : rows(heldOut())) {
      for (float[] tokens : network.policyScores(rows).logps()) {
        for (float token : tokens) {
          logp += token;
        }
        count += tokens.length;
      }
    }
    return Math.exp(-logp / count);
  }

  private List<Answer> heldOut() {
    if (heldOut == null) {
      heldOut =
          write(reference, NEW_QUESTIONS, HELD_OUT, new SplittableRandom(HELD_OUT_SEED)).stream()
              .filter(answer -> !namesCost(answer.text()))
              .toList();
    }
    return heldOut;
  }

  private static List<List<PromptCompletions>> rows(List<Answer> answers) {
    List<List<PromptCompletions>> batches = new ArrayList<>();
    for (int from = 0; from < answers.size(); from += BATCH) {
      batches.add(
          answers.subList(from, Math.min(answers.size(), from + BATCH)).stream()
              .map(answer -> new PromptCompletions(answer.prompt(), List.of(answer.tokens())))
              .toList());
    }
    return batches;
  }

  private static double mean(List<Answer> answers, ToDoubleFunction<Answer> figure) {
    return answers.stream().mapToDouble(figure).average().orElse(0);
  }

  @Override
  public void close() {
    reference.close();
    tokenizer.close();
  }
}
