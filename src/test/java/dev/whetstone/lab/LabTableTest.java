package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabTableTest {
  @Test
  void theFirstPromotionsMedianCountsStartsWithoutOneAsLater() {
    List<LabTable.Line> lines =
        LabTable.of(
            List.of(
                LabRows.row("clean", 1, 210, 310),
                LabRows.row("clean", 2, 520),
                LabRows.row("clean", 3)));

    assertThat(line(lines, "clean", "votes until the first promotion").value())
        .isEqualTo("median 520 (210, 520, none)");
    assertThat(line(lines, "clean", "first promotion by 400 votes").value())
        .isEqualTo("1 of 3 (0.01 to 0.91)");
  }

  @Test
  void aMedianBeyondWhatWasPlayedIsSaidToBe() {
    List<LabTable.Line> lines = LabTable.of(List.of(LabRows.row("clean", 1)));
    LabTable.Line first = line(lines, "clean", "votes until the first promotion");

    assertThat(first.value()).isEqualTo("median > 500 (none)");
    assertThat(first.median()).isNull();
  }

  @Test
  void looksAndFiguresHaveMedians() {
    List<LabTable.Line> lines =
        LabTable.of(List.of(LabRows.row("turn", 1), LabRows.row("turn", 2)));

    assertThat(line(lines, "turn", "KL at 300 votes").median()).isEqualTo(1.5);
    assertThat(line(lines, "turn", "votes after the turn").value())
        .isEqualTo("median 150 (100 to 200)");
  }

  @Test
  void betterCandidatesThatWereTurnedDownAreCountedOverAllScenarios() {
    List<LabRow.Candidate> candidates =
        List.of(
            LabRows.candidate("promoted", 70, 30),
            LabRows.candidate("inconclusive", 66, 34),
            LabRows.candidate("rejected", 61, 39),
            LabRows.candidate("rejected", 40, 60),
            LabRows.candidate("superseded", 80, 20));
    List<LabTable.Line> lines =
        LabTable.of(List.of(LabRows.row("clean", 1, candidates, null, 210)));

    assertThat(line(lines, "all", "candidates that win 65 % or more turned down").value())
        .startsWith("1 of 2 ");
    assertThat(line(lines, "all", "candidates that win 60 % or more turned down").value())
        .startsWith("2 of 3 ");
    assertThat(line(lines, "all", "candidates superseded").value()).startsWith("1 of 5 ");
    assertThat(line(lines, "all", "promotions that lose by the taste").value())
        .startsWith("0 of 1 ");
  }

  @Test
  void failedRunsAreCountedAmongThoseThatEnded() {
    List<LabTable.Line> lines =
        LabTable.of(List.of(LabRows.row("clean", 1), LabRows.row("coins", 1)));

    assertThat(line(lines, "all", "runs that failed").value()).startsWith("2 of 8 ");
  }

  @Test
  void aStartThatBrokeIsSaidAndNotMeasuredUntilItIsRepeated() {
    LabRow broken = LabRows.broken("clean", 1);

    assertThat(line(LabTable.of(List.of(broken)), "clean", "starts that broke").value())
        .startsWith("1 of 1 ");
    assertThat(LabTable.of(List.of(broken, LabRows.row("clean", 1, 210))))
        .noneMatch(line -> line.figure().equals("starts that broke"));
  }

  @Test
  void theTableIsMarkdown() {
    String table = LabTable.markdown(LabTable.of(List.of(LabRows.row("clean", 1, 210))));

    assertThat(table)
        .startsWith("| scenario | figure | of | value |\n|---|---|---|---|\n")
        .contains("| clean | votes until the first promotion | 1 | median 210 (210) |\n");
  }

  private static LabTable.Line line(List<LabTable.Line> lines, String scenario, String figure) {
    return lines.stream()
        .filter(line -> line.scenario().equals(scenario) && line.figure().equals(figure))
        .findFirst()
        .orElseThrow(() -> new AssertionError(lines.toString()));
  }
}
