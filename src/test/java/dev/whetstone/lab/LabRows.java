package dev.whetstone.lab;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows for tests. */
final class LabRows {
  private LabRows() {}

  static LabRow row(String scenario, long seed, int... promotedAt) {
    return row(scenario, seed, List.of(), null, promotedAt);
  }

  static LabRow broken(String scenario, long seed) {
    return row(scenario, seed, List.of(), "the gateway ended");
  }

  static LabRow row(
      String scenario,
      long seed,
      List<LabRow.Candidate> candidates,
      @Nullable String failed,
      int... promotedAt) {
    List<LabRow.Promotion> promotions =
        Arrays.stream(promotedAt)
            .mapToObj(votes -> new LabRow.Promotion("v1", votes, votes - 10, 60))
            .toList();
    return new LabRow(
        scenario,
        seed,
        "0.2.0+1a2b3c4",
        "a processor, 2 cores",
        Map.of("WHETSTONE_MODEL", "tiny-reviews"),
        "2026-01-01T00:00:00Z",
        120,
        500,
        450,
        promotions,
        List.of(new LabRow.Look("300", "v1", 0.8 + seed / 100.0, seed, seed, 25, 1, 1)),
        candidates,
        Map.of("succeeded", 3, "failed", 1),
        List.of("every step was beyond the budget"),
        Map.of("promoted", promotedAt.length),
        Map.of("votes_after_the_turn", 100.0 * seed),
        failed);
  }

  static LabRow.Candidate candidate(String status, int wins, int losses) {
    return new LabRow.Candidate(
        "v2", "v1", status, null, 100, 20, 30, new LabRow.Match(wins, losses, 0));
  }
}
