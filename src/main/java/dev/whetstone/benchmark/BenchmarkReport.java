package dev.whetstone.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The results of a benchmark. The components of these records, in snake case, are the fields of the
 * JSON line.
 *
 * @param plan what was measured
 */
public record BenchmarkReport(
    Setting setting,
    DecodeBenchmark.Plan plan,
    List<Decode> decode,
    List<Prefill> prompt,
    List<Structured> structured,
    List<Masks> masks,
    Swap swap) {
  /** The machine and the model that were measured. */
  public record Setting(String cpu, int threads, String model, String weights) {}

  /** Median, minimum and maximum of repeated measurements, rounded to one decimal. */
  record Rate(double median, double least, double most) {
    static Rate of(List<Double> values) {
      List<Double> sorted = values.stream().sorted().toList();
      int half = sorted.size() / 2;
      double median =
          sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
      return new Rate(round(median), round(sorted.getFirst()), round(sorted.getLast()));
    }

    private static double round(double value) {
      return Math.round(value * 10) / 10.0;
    }
  }

  /** Decoded tokens per second of a whole batch, including sampling. */
  record Decode(int batch, int versions, Rate tokensPerS) {}

  /** Prefilled prompt tokens per second, one prompt at a time. */
  record Prefill(int versions, Rate tokensPerS) {}

  /** Decoded tokens per second of a whole batch without adapters whose answers keep to a schema. */
  record Structured(int batch, Rate tokensPerS) {}

  /**
   * Times of a schema in milliseconds.
   *
   * @param tokens whose masks were timed, in all rounds
   * @param compileMs the longest compilation
   * @param meanMs mean time to compute a token's mask and to follow the token
   * @param p99Ms the same, below which 99 of 100 lie
   * @param mostMs the longest
   */
  record Masks(
      String schema, int tokens, double compileMs, double meanMs, double p99Ms, double mostMs) {}

  /**
   * Staging a new version while {@code batch} completions of another decode, in milliseconds.
   *
   * @param stageMs from the call until requests of the new version are accepted
   * @param firstTokenMs from the call until the new version's first token
   * @param gapMs median time between two tokens of a running completion before anything else
   *     happens
   * @param joinGapMs longest such time while a request of a staged version joins
   * @param swapGapMs longest such time while the new version is staged and its first request joins
   */
  record Swap(
      int batch, Rate stageMs, Rate firstTokenMs, Rate gapMs, Rate joinGapMs, Rate swapGapMs) {}

  /** A table for people to read. */
  public String table() {
    List<String> lines = new ArrayList<>();
    lines.add(setting.cpu());
    lines.add(
        "%s, %s, %d threads, rank %d; medians of %d (minimum to maximum)"
            .formatted(
                setting.model(),
                setting.weights(),
                setting.threads(),
                plan.rank(),
                plan.repeats()));
    lines.add("decode, tokens/s");
    for (Decode row : decode) {
      lines.add(
          rate("batch %d, %s".formatted(row.batch(), adapters(row.versions())), row.tokensPerS()));
    }
    lines.add("prefill, tokens/s");
    for (Prefill row : prompt) {
      lines.add(
          rate(
              "%d tokens, %s".formatted(plan.prompt(), adapters(row.versions())),
              row.tokensPerS()));
    }
    lines.add("decode by a schema, tokens/s");
    for (Structured row : structured) {
      lines.add(rate("batch %d".formatted(row.batch()), row.tokensPerS()));
    }
    lines.add("masks, ms a token: mean, 99th percentile, most; ms to compile");
    for (Masks row : masks) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-34s %8.3f %8.3f %8.3f %8.1f",
              row.schema(),
              row.meanMs(),
              row.p99Ms(),
              row.mostMs(),
              row.compileMs()));
    }
    lines.add("swap while %d completions decode, ms".formatted(swap.batch()));
    lines.add(rate("until staged", swap.stageMs()));
    lines.add(rate("until its first token", swap.firstTokenMs()));
    lines.add(rate("gap between tokens", swap.gapMs()));
    lines.add(rate("longest gap, a request joins", swap.joinGapMs()));
    lines.add(rate("longest gap, a version is staged", swap.swapGapMs()));
    return String.join("\n", lines);
  }

  private static String adapters(int versions) {
    return switch (versions) {
      case 0 -> "no adapter";
      case 1 -> "one adapter";
      default -> versions + " adapters mixed";
    };
  }

  private static String rate(String name, Rate rate) {
    return String.format(
        Locale.ROOT,
        "  %-34s %8.1f   (%.1f to %.1f)",
        name,
        rate.median(),
        rate.least(),
        rate.most());
  }
}
