package dev.whetstone.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a benchmark found; its components are the fields of the JSON line.
 *
 * @param plan what was run
 */
public record BenchmarkReport(
    Setting setting,
    DecodeBenchmark.Plan plan,
    List<Decode> decode,
    List<Reading> prompt,
    Swap swap) {
  /** On what it was found. */
  public record Setting(String cpu, int threads, String model, String weights) {}

  /** Several measurements of one thing. */
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

  /** Tokens per second of all completions of a batch together, sampling included. */
  record Decode(int batch, int versions, Rate tokensPerS) {}

  /** Prompt tokens per second, one prompt at a time. */
  record Reading(int versions, Rate tokensPerS) {}

  /**
   * A new version while others decode.
   *
   * @param stageMs from the order until it can be asked for
   * @param firstTokenMs from the order until its first token
   * @param gapMs between two tokens of a completion that was decoding before, undisturbed
   * @param joinGapMs the longest gap while a request of a known version joined
   * @param swapGapMs the longest gap while the new version was staged and its first request joined
   */
  record Swap(
      int batch, Rate stageMs, Rate firstTokenMs, Rate gapMs, Rate joinGapMs, Rate swapGapMs) {}

  /** For people. */
  public String table() {
    List<String> lines = new ArrayList<>();
    lines.add(setting.cpu());
    lines.add(
        "%s, %s, %d threads, rank %d; medians of %d (least to most)"
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
    lines.add("prompt, tokens/s");
    for (Reading row : prompt) {
      lines.add(
          rate(
              "%d tokens, %s".formatted(plan.prompt(), adapters(row.versions())),
              row.tokensPerS()));
    }
    lines.add("swap beside %d completions, ms".formatted(swap.batch()));
    lines.add(rate("staged", swap.stageMs()));
    lines.add(rate("first token of the new version", swap.firstTokenMs()));
    lines.add(rate("gap between tokens", swap.gapMs()));
    lines.add(rate("longest gap, a request joining", swap.joinGapMs()));
    lines.add(rate("longest gap, a version joining", swap.swapGapMs()));
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
