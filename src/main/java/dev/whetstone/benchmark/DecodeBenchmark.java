package dev.whetstone.benchmark;

import dev.whetstone.benchmark.BenchmarkReport.Rate;
import dev.whetstone.benchmark.EngineBenchmarkClient.SwapTimes;
import dev.whetstone.grammar.TokenGrammar;
import dev.whetstone.grammar.TokenVocabulary;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.policy.Policy;
import dev.whetstone.settings.InvalidSettingException;
import dev.whetstone.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Measures an engine from outside, as its clients see it. Every round measures all cases, so that a
 * machine that slows down affects all of them alike.
 */
public final class DecodeBenchmark {
  /**
   * What is measured.
   *
   * @param batches numbers of completions decoded at once
   * @param versions numbers of adapters mixed in a batch; 0 is none
   * @param tokens tokens of each completion
   * @param context tokens before the first decoded one
   * @param prompt tokens of a prompt whose prefill is measured
   * @param repeats rounds that are reported
   * @param warmUp rounds before them that are not
   */
  public record Plan(
      List<Integer> batches,
      List<Integer> versions,
      int tokens,
      int context,
      int prompt,
      int rank,
      int repeats,
      int warmUp) {
    public Plan {
      batches = List.copyOf(batches);
      versions = List.copyOf(versions);
      boolean good =
          !batches.isEmpty()
              && batches.stream().allMatch(b -> b >= 1)
              && versions.stream().allMatch(v -> v >= 0)
              && tokens >= 2
              && context >= 1
              && prompt >= 1
              && rank >= 1
              && repeats >= 1
              && warmUp >= 0;
      if (!good) {
        throw new InvalidSettingException(
            "bench needs at least one batch, two tokens a completion, and at least 1 for context,"
                + " prompt, rank and repeats");
      }
    }
  }

  private record Case(int batch, int versions) {}

  private static final int MAX_SWAP_BATCH = 8;
  private static final String TEXT =
      "The harbour lay still in the morning light while the boats came back with their nets. ";

  private final ModelOpener.Opened model;
  private final Plan plan;
  private final Consumer<String> progress;
  private final ModelConfig config;
  private final RandomAdapters adapters;
  private final EngineBenchmarkClient client;
  private final List<Policy> policies = new ArrayList<>();
  private final Map<Case, List<Double>> decodeRates = new LinkedHashMap<>();
  private final Map<Integer, List<Double>> prefillRates = new LinkedHashMap<>();
  private final Map<Integer, List<Double>> structuredRates = new LinkedHashMap<>();
  private final List<SwapTimes> swaps = new ArrayList<>();
  private final TokenVocabulary vocabulary;
  private final MaskBenchmark masks;
  private final Random random = new Random(1);

  public DecodeBenchmark(
      ModelOpener.Opened model, ModelConfig config, Plan plan, Consumer<String> progress) {
    this.model = model;
    this.plan = plan;
    this.progress = progress;
    this.config = config;
    this.adapters = new RandomAdapters(config, plan.rank());
    this.client = new EngineBenchmarkClient(model.engine());
    this.vocabulary =
        TokenVocabulary.of(
            model.tokenizer().vocabularySize(), model.tokenizer()::renderedBytes, config.eosIds());
    this.masks = new MaskBenchmark(vocabulary, config.eosIds());
    int needed = Math.max(plan.context() + plan.tokens(), plan.prompt() + 1);
    if (needed > model.engine().slotLength()) {
      throw new InvalidSettingException(
          "%d tokens do not fit a slot of %d tokens"
              .formatted(needed, model.engine().slotLength()));
    }
  }

  /** Stages the adapters, runs the warm-up and the repeats, and reports the repeats. */
  public BenchmarkReport run(BenchmarkReport.Setting setting) throws InterruptedException {
    int maxVersions = Math.max(1, plan.versions().stream().mapToInt(v -> v).max().orElse(1));
    for (int number = 1; number <= maxVersions; number++) {
      policies.add(adapters.version(number));
      model.engine().stage(policies.getLast()).join();
    }
    for (int round = 1 - plan.warmUp(); round <= plan.repeats(); round++) {
      progress.accept(round < 1 ? "warming up" : "round %d of %d".formatted(round, plan.repeats()));
      round(round);
      if (round < 1) {
        decodeRates.clear();
        prefillRates.clear();
        structuredRates.clear();
        masks.clear();
        swaps.clear();
      }
    }
    return report(setting);
  }

  private void round(int round) throws InterruptedException {
    for (int batch : plan.batches()) {
      for (int versions : plan.versions()) {
        if (versions <= batch) {
          double rate = client.decode(textPrompt(), policies(batch, versions), plan.tokens());
          decodeRates.computeIfAbsent(new Case(batch, versions), c -> new ArrayList<>()).add(rate);
        }
      }
    }
    for (int versions : plan.versions()) {
      if (versions <= 1) {
        double rate = client.prefill(randomPrompt(), policies(1, versions).getFirst());
        prefillRates.computeIfAbsent(versions, v -> new ArrayList<>()).add(rate);
      }
    }
    TokenGrammar endless = new TokenGrammar(MaskBenchmark.endless(), vocabulary);
    for (int batch : plan.batches()) {
      double rate = client.decode(textPrompt(), policies(batch, 0), plan.tokens(), endless);
      structuredRates.computeIfAbsent(batch, b -> new ArrayList<>()).add(rate);
    }
    masks.round();
    Policy newVersion = adapters.version(policies.size() + plan.warmUp() + round);
    swaps.add(client.swap(textPrompt(), policies(swapBatch(), 1), policies.getFirst(), newVersion));
  }

  private int swapBatch() {
    return Math.min(MAX_SWAP_BATCH, Collections.max(plan.batches()));
  }

  /** The version of each completion: v0, or the adapters in rotation. */
  private List<Policy> policies(int batch, int versions) {
    return IntStream.range(0, batch)
        .mapToObj(i -> versions == 0 ? model.base() : policies.get(i % versions))
        .toList();
  }

  private int[] textPrompt() {
    int[] sentence = model.tokenizer().encode(TEXT, false);
    return IntStream.range(0, plan.context()).map(i -> sentence[i % sentence.length]).toArray();
  }

  private int[] randomPrompt() {
    return random.ints(plan.prompt(), 0, config.vocabularySize()).toArray();
  }

  private BenchmarkReport report(BenchmarkReport.Setting setting) {
    List<BenchmarkReport.Decode> rows =
        decodeRates.entrySet().stream()
            .map(
                e ->
                    new BenchmarkReport.Decode(
                        e.getKey().batch(), e.getKey().versions(), Rate.of(e.getValue())))
            .toList();
    List<BenchmarkReport.Prefill> prompts =
        prefillRates.entrySet().stream()
            .map(e -> new BenchmarkReport.Prefill(e.getKey(), Rate.of(e.getValue())))
            .toList();
    List<BenchmarkReport.Structured> structured =
        structuredRates.entrySet().stream()
            .map(e -> new BenchmarkReport.Structured(e.getKey(), Rate.of(e.getValue())))
            .toList();
    BenchmarkReport.Swap swap =
        new BenchmarkReport.Swap(
            swapBatch(),
            rate(SwapTimes::stage),
            rate(SwapTimes::firstToken),
            rate(SwapTimes::gap),
            rate(SwapTimes::joinGap),
            rate(SwapTimes::swapGap));
    return new BenchmarkReport(setting, plan, rows, prompts, structured, masks.report(), swap);
  }

  private Rate rate(ToDoubleFunction<SwapTimes> figure) {
    return Rate.of(swaps.stream().map(figure::applyAsDouble).toList());
  }
}
