package dev.whetstone.lab;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.lab.LabRow.Candidate;
import dev.whetstone.lab.LabRow.Promotion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What the rows of a file say together: medians, and proportions with exact intervals. */
public final class LabTable {
  private static final Set<String> TURNED_DOWN =
      Set.of("rejected", "inconclusive", "aborted", "rolled_back", "held");
  private static final int FIRST_TARGET = 400;

  /**
   * One figure.
   *
   * @param starts rows it was taken from
   * @param median null where there is none, or it is beyond what was played
   * @param proportion null where the figure is none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Line(
      String scenario,
      String figure,
      int starts,
      String value,
      @Nullable Double median,
      @Nullable Proportion proportion) {}

  /** A count of a count with its 95 % interval (Clopper and Pearson). */
  public record Proportion(int successes, int trials, double low, double high) {}

  private final List<LabRow> rows;
  private final List<Line> lines = new ArrayList<>();

  private LabTable(List<LabRow> rows) {
    this.rows = rows;
  }

  /** The figures of these rows. Of a start that was repeated the last row counts. */
  public static List<Line> of(List<LabRow> rows) {
    Map<String, LabRow> last = new LinkedHashMap<>();
    rows.forEach(row -> last.put(row.scenario() + "/" + row.seed(), row));
    LabTable table = new LabTable(List.copyOf(last.values()));
    table.build();
    return List.copyOf(table.lines);
  }

  private void build() {
    Set<String> scenarios = new TreeSet<>(rows.stream().map(LabRow::scenario).toList());
    for (String scenario : scenarios) {
      List<LabRow> all = matching(rows, row -> row.scenario().equals(scenario));
      List<LabRow> played = matching(all, row -> row.failed() == null);
      if (played.size() < all.size()) {
        share(scenario, "starts that broke", all, row -> row.failed() != null);
      }
      if (!played.isEmpty()) {
        scenario(scenario, played);
      }
    }
    List<LabRow> played = matching(rows, row -> row.failed() == null);
    if (!played.isEmpty()) {
      decisions(played);
    }
  }

  private void scenario(String scenario, List<LabRow> played) {
    firstPromotion(scenario, played);
    median(scenario, "promotions", played, row -> row.promotions().size());
    Set<String> labels = new TreeSet<>();
    played.forEach(row -> row.champion().forEach(look -> labels.add(look.label())));
    for (String label : labels) {
      List<LabRow.Look> looks =
          played.stream()
              .flatMap(row -> row.champion().stream())
              .filter(look -> look.label().equals(label))
              .toList();
      String at = label.equals("end") ? " at the end" : " at " + label + " votes";
      median(scenario, "praise" + at, looks, LabRow.Look::praise);
      median(scenario, "KL" + at, looks, LabRow.Look::kl);
      median(scenario, "words" + at, looks, LabRow.Look::words);
    }
    Set<String> figures = new TreeSet<>();
    played.forEach(row -> figures.addAll(row.extra().keySet()));
    for (String figure : figures) {
      List<Double> values =
          played.stream()
              .filter(row -> row.extra().containsKey(figure))
              .map(row -> row.extra().getOrDefault(figure, 0.0))
              .toList();
      median(scenario, figure.replace('_', ' '), values, value -> value);
    }
  }

  private void firstPromotion(String scenario, List<LabRow> played) {
    List<Double> first =
        played.stream()
            .map(
                row ->
                    row.promotions().isEmpty()
                        ? Double.POSITIVE_INFINITY
                        : row.promotions().getFirst().votes())
            .sorted()
            .toList();
    int most = played.stream().mapToInt(LabRow::votes).max().orElse(0);
    double median = median(first);
    String each =
        String.join(", ", first.stream().map(v -> v.isInfinite() ? "none" : number(v)).toList());
    boolean known = Double.isFinite(median);
    add(
        new Line(
            scenario,
            "votes until the first promotion",
            played.size(),
            "median %s (%s)".formatted(known ? number(median) : "> " + most, each),
            known ? median : null,
            null));
    share(
        scenario,
        "first promotion by " + FIRST_TARGET + " votes",
        played,
        row -> row.promotions().stream().map(Promotion::votes).anyMatch(v -> v <= FIRST_TARGET));
  }

  /** What was decided rightly and wrongly, over all scenarios. */
  private void decisions(List<LabRow> played) {
    List<Candidate> judged =
        played.stream()
            .flatMap(row -> row.candidates().stream())
            .filter(candidate -> candidate.truth() != null)
            .toList();
    for (double rate : new double[] {0.65, 0.6}) {
      List<Candidate> better =
          matching(
              judged,
              c ->
                  rate(c) >= rate
                      && (TURNED_DOWN.contains(c.status()) || c.status().equals("promoted")));
      share(
          "all",
          String.format(Locale.ROOT, "candidates that win %.0f %% or more turned down", 100 * rate),
          better,
          c -> TURNED_DOWN.contains(c.status()));
    }
    share("all", "candidates superseded", judged, c -> c.status().equals("superseded"));
    share(
        "all",
        "promotions that lose by the taste",
        matching(judged, c -> c.status().equals("promoted")),
        c -> rate(c) < 0.5);
    List<Candidate> even =
        played.stream()
            .filter(row -> row.scenario().equals("coins"))
            .flatMap(row -> row.candidates().stream())
            .filter(c -> c.duelWins() + c.duelLosses() > 0)
            .toList();
    share("coins", "even duels ended by 200 counted votes", even, c -> counted(c) <= 200);
    share("coins", "even duels that replaced a champion", even, c -> c.status().equals("promoted"));
    int failed = played.stream().mapToInt(row -> row.runs().getOrDefault("failed", 0)).sum();
    int ended =
        failed + played.stream().mapToInt(row -> row.runs().getOrDefault("succeeded", 0)).sum();
    proportion("all", "runs that failed", played.size(), new ExactInterval(failed, ended));
  }

  private static double rate(Candidate candidate) {
    return candidate.truth() == null ? 0.5 : candidate.truth().rate();
  }

  private static int counted(Candidate candidate) {
    return candidate.duelWins() + candidate.duelLosses();
  }

  private <T> void median(
      String scenario, String figure, Collection<T> items, ToDoubleFunction<T> value) {
    List<Double> sorted = items.stream().map(value::applyAsDouble).sorted().toList();
    double median = median(sorted);
    String text =
        "median %s (%s to %s)"
            .formatted(number(median), number(sorted.getFirst()), number(sorted.getLast()));
    add(new Line(scenario, figure, items.size(), text, median, null));
  }

  private <T> void share(String scenario, String figure, List<T> items, Predicate<T> counted) {
    int successes = (int) items.stream().filter(counted).count();
    proportion(scenario, figure, items.size(), new ExactInterval(successes, items.size()));
  }

  private void proportion(String scenario, String figure, int starts, ExactInterval share) {
    if (share.trials() > 0) {
      Proportion proportion =
          new Proportion(share.successes(), share.trials(), share.low(), share.high());
      add(new Line(scenario, figure, starts, share.toString(), null, proportion));
    }
  }

  private void add(Line line) {
    lines.add(line);
  }

  private static <T> List<T> matching(List<T> items, Predicate<T> wanted) {
    return items.stream().filter(wanted).toList();
  }

  /** The middle of sorted values, infinite where it is beyond what was played. */
  static double median(List<Double> sorted) {
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.2f", value);
  }

  /** The figures as a table of Markdown. */
  public static String markdown(List<Line> lines) {
    StringBuilder table =
        new StringBuilder("| scenario | figure | of | value |\n|---|---|---|---|\n");
    for (Line line : lines) {
      table.append(
          "| %s | %s | %d | %s |\n"
              .formatted(line.scenario(), line.figure(), line.starts(), line.value()));
    }
    return table.toString();
  }
}
